/**
 * An index in PostgreSQL: each update is one transaction, and the server guarantees the rest of `IndexStore`.
 *
 * Vector search is exact up to `exactBelow` passages, and until the owner of the tables runs `optimize`, which builds the HNSW index. Full text is
 * PostgreSQL's own: English stems, ranked by `ts_rank` over 1 + the logarithm of the passage's length. Unlike BM25, it
 * ignores how rare a word is. Of the built-in rankings it was the best at finding Quora's duplicate questions among
 * 36,737 (mean reciprocal rank of the first at 10: 0.70, `ts_rank_cd` 0.66, both without the length 0.65 and 0.49).
 */
import { type BuildSettings, type IndexDescription, requireSameIndex } from "../description.ts";
import type { Condition } from "../filter.ts";
import { FieldTypes } from "../metadata-fields.ts";
import type {
  EmbeddedPassage,
  IndexStore,
  IndexUpdate,
  MetadataField,
  StoredPart,
  StoreHit,
  StoreQuery,
} from "../store.ts";
import { StoreAccess } from "../store-access.ts";
import { requireDimension, requireFitting } from "../store-arguments.ts";
import { parameters, sqlOf } from "./conditions.ts";
import type { Connection, Database, ReservedConnection } from "./connection.ts";
import { type PassageRow, passageColumns, passageOf } from "./passages.ts";
import type { IndexTables } from "./schema.ts";
import { searchText, searchVector } from "./search.ts";
import { fromStorable, toStorable } from "./storable-text.ts";
import { updateParts } from "./update.ts";

/** Passages up to which no approximate index is built. */
const exactBelow = 10_000;

/** Passages of a piece of a scan. */
const scannedAtOnce = 512;

/** @param numbers or the signs of an embedding, 0 and 1 for each dimension */
function vectorOf(numbers: readonly number[] | string): Float32Array {
  if (typeof numbers !== "string") return Float32Array.from(numbers);
  const one = 1 / Math.sqrt(numbers.length);
  return Float32Array.from(numbers, (sign) => (sign === "1" ? one : -one));
}

interface OpenIndex {
  /** Its name, for messages. */
  readonly name: string;
  readonly database: Database;
  readonly tables: IndexTables;
  /** The connection that holds the writer's lock. */
  readonly writer: ReservedConnection | undefined;
  /** The description of the index that is there now, if any. */
  readonly there: () => Promise<IndexDescription | undefined>;
}

export class PostgresStore implements IndexStore {
  readonly description: IndexDescription;
  readonly #database: Database;
  readonly #tables: IndexTables;
  readonly #writer: ReservedConnection | undefined;
  readonly #name: string;
  readonly #there: OpenIndex["there"];
  readonly #access: StoreAccess;

  constructor({ name, database, tables, writer, there }: OpenIndex) {
    this.#database = database;
    this.#tables = tables;
    this.#writer = writer;
    this.#name = name;
    this.#there = there;
    this.#access = new StoreAccess(name, writer !== undefined, () => database.close());
    this.description = tables.description;
  }

  async parts(files?: readonly string[]): Promise<StoredPart[]> {
    const rows = await this.#query<StoredPart>(
      `SELECT file, part, hash FROM ${this.#tables.schema}.parts WHERE $1::text[] IS NULL OR file = ANY($1)`,
      [files?.map(toStorable) ?? null],
    );
    return rows.map(({ file, part, hash }) => ({ file: fromStorable(file), part, hash: fromStorable(hash) }));
  }

  async filesWith(conditions: readonly Condition[]): Promise<string[]> {
    const { values, parameter } = parameters();
    const rows = await this.#query<{ file: string }>(
      `SELECT DISTINCT file FROM ${this.#tables.schema}.passages WHERE ${sqlOf(conditions, parameter)}`,
      values,
    );
    return rows.map(({ file }) => fromStorable(file)).sort();
  }

  async version(): Promise<string> {
    // Every update writes that row again.
    const sql = `SELECT xmin::text || ' ' || ctid::text AS version FROM ${this.#tables.schema}.description`;
    const [row] = await this.#access.read(() => this.#database.query<{ version: string }>(sql));
    return row!.version;
  }

  async count(): Promise<number> {
    const [row] = await this.#query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM ${this.#tables.schema}.passages`,
    );
    return row!.count;
  }

  async fields(): Promise<MetadataField[]> {
    const rows = await this.#query<{ name: string; type: MetadataField["types"][number] }>(
      `SELECT DISTINCT key AS name, jsonb_typeof(item) AS type
        FROM ${this.#tables.schema}.passages, jsonb_each(metadata),
          jsonb_array_elements(CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE jsonb_build_array(value) END) AS item
        WHERE jsonb_typeof(item) IN ('string', 'number', 'boolean')`,
    );
    const fields = new FieldTypes();
    for (const { name, type } of rows) fields.add(fromStorable(name), type);
    return fields.sorted();
  }

  async update(update: IndexUpdate): Promise<void> {
    for (const part of update.parts) requireFitting(part, this.description.dimension);
    await this.#write((writer) =>
      writer.transaction("BEGIN", (transaction) => updateParts(transaction, this.#tables, update)),
    );
  }

  async keepSettings(settings: BuildSettings): Promise<void> {
    const description = toStorable(JSON.stringify({ ...this.description, settings }));
    await this.#write(async (writer) => {
      await writer.query(`UPDATE ${this.#tables.schema}.description SET json = $1`, [description]);
    });
  }

  async optimize(): Promise<void> {
    const passages = `${this.#tables.schema}.passages`;
    await this.#write(async (writer) => {
      const missing = await this.#missingIndexes();
      if (missing.words) await writer.run(`CREATE INDEX passages_words ON ${passages} USING gin (words)`);
      if (missing.embedding) {
        const { operatorClass } = this.#tables.column;
        await writer.run(`CREATE INDEX passages_embedding ON ${passages} USING hnsw (embedding ${operatorClass})`);
      }
      // Removes replaced rows from the table and its indexes, and updates the planner's statistics.
      await writer.run(`VACUUM (ANALYZE) ${passages}`);
    });
  }

  async isOptimizable(): Promise<boolean> {
    return (await this.#missingIndexes()).embedding;
  }

  /** The indexes for searches that are not there and can be made: by the owner of the table, and that of embeddings for many. */
  async #missingIndexes(): Promise<{ words: boolean; embedding: boolean }> {
    const { schema } = this.#tables;
    const names = ["passages", "passages_words", "passages_embedding"].map((name) => `${schema}.${name}`);
    const [row] = await this.#query<{ is_owner: boolean; words: boolean; embedding: boolean }>(
      `SELECT pg_has_role(relowner, 'USAGE') AS is_owner, to_regclass($2) IS NULL AS words, to_regclass($3) IS NULL AS embedding
        FROM pg_class WHERE oid = $1::regclass`,
      names,
    );
    const { is_owner, words, embedding } = row!;
    return { words: is_owner && words, embedding: is_owner && embedding && (await this.count()) > exactBelow };
  }

  async scan(take: (passages: readonly EmbeddedPassage[]) => Promise<void>): Promise<void> {
    const isBinary = this.description.precision === "binary";
    // A snapshot: what others commit meanwhile isn't seen. A cursor, so that the server has all rows and this process a few.
    const begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    const scanning = async (transaction: Connection) => {
      await transaction.run(
        `DECLARE scanned NO SCROLL CURSOR FOR SELECT ${passageColumns}, embedding::${isBinary ? "text" : "real[]"} AS numbers
          FROM ${this.#tables.schema}.passages`,
      );
      for (;;) {
        const rows = await transaction.query<PassageRow & { numbers: number[] | string }>(
          `FETCH ${scannedAtOnce} FROM scanned`,
        );
        if (rows.length === 0) return;
        await take(rows.map((row) => ({ passage: passageOf(row), embedding: vectorOf(row.numbers) })));
      }
    };
    await this.#access.read(() => this.#database.transaction(begin, scanning));
  }

  async embeddings(ids: readonly string[]): Promise<Map<string, Float32Array>> {
    const { schema } = this.#tables;
    const isBinary = this.description.precision === "binary";
    const rows = await this.#query<{ id: string; numbers: number[] | string }>(
      `SELECT id, embedding::${isBinary ? "text" : "real[]"} AS numbers FROM ${schema}.passages
        WHERE id = ANY($1::text[])`,
      [ids.map(toStorable)],
    );
    return new Map(rows.map(({ id, numbers }) => [fromStorable(id), vectorOf(numbers)]));
  }

  async searchVector(query: Float32Array, options: StoreQuery): Promise<StoreHit[]> {
    requireDimension(this.#name, this.description, query);
    return this.#reading(() => searchVector(this.#database, this.#tables, query, options));
  }

  searchText(query: string, options: StoreQuery): Promise<StoreHit[]> {
    return this.#reading(() => searchText(this.#database, this.#tables, query, options));
  }

  dispose(): Promise<void> {
    return this.#access.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #query<R>(text: string, values?: readonly unknown[]): Promise<R[]> {
    return this.#reading(() => this.#database.query<R>(text, values));
  }

  /** Runs a read, and checks that what was read is the index that was opened, also where the other one made it fail. */
  #reading<T>(work: () => Promise<T>): Promise<T> {
    const requireSame = async () => requireSameIndex(this.#name, this.description, await this.#there());
    return this.#access.read(async () => {
      const result = await work().catch(async (error) => {
        if (error.code === "runtime") await requireSame();
        throw error;
      });
      await requireSame();
      return result;
    });
  }

  #write(work: (writer: ReservedConnection) => Promise<void>): Promise<void> {
    return this.#access.write(() => work(this.#writer!));
  }
}
