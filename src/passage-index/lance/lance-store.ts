/**
 * An index in LanceDB: one table of passages, of which every change is one commit.
 *
 * Vector search is exact up to `exactBelow` passages, and above until `optimize` has built its index; with `int8` and
 * `binary` up to their quantization (`quantize.ts`). Full text is LanceDB's own BM25, of English stems.
 */
import { types } from "node:util";
import { cannotWrite } from "../../common/file-errors.ts";
import { HpdError } from "../../errors.ts";
import type { BuildSettings, IndexDescription } from "../description.ts";
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
import {
  fieldColumnsOf,
  fieldOfColumn,
  fieldOfType,
  isFieldColumn,
  mostFieldColumns,
  scalarTypeOf,
  vectorColumn,
} from "./columns.ts";
import { literal, whereOf } from "./conditions.ts";
import type { LanceHome } from "./home.ts";
import { plainLanceError } from "./lance-error.ts";
import type { LanceDB, Libraries } from "./load-lancedb.ts";
import { parseMetadata } from "./metadata-text.ts";
import { partKeyOf, tableOf } from "./rows.ts";
import { bitDistance, searchText, searchVector } from "./search.ts";
import { scanTable, storedEmbeddings } from "./stored-embeddings.ts";

/** Passages up to which no approximate index is built: comparing them all takes some ten milliseconds. */
const exactBelow = 50_000;

/** Passages of a partition of the approximate index. */
const partitionSize = 4096;

/**
 * Versions up to which small updates are left as they are, since each adds a file that every search opens; and share of
 * removed passages up to which they are, since their words count for BM25 until the next `optimize`.
 */
const untidy = { versions: 32, removed: 0.05 };

/** Tries to read a version before it is removed: of three, one in a hundred fails beside a writer that never rests. */
const mostTries = 10;

/** An open table, and what a store needs beside it. */
interface OpenTable {
  readonly libraries: Libraries;
  readonly table: LanceDB.Table;
  readonly description: IndexDescription;
  readonly home: LanceHome;
}

export class LanceStore implements IndexStore {
  readonly description: IndexDescription;
  readonly #libraries: Libraries;
  /** Another one after an index took the place of the one that was opened. */
  #table: LanceDB.Table;
  #tables = 1;
  readonly #home: LanceHome;
  readonly #access: StoreAccess;
  /** Passages that were removed or replaced since the store was opened or optimized. */
  #removed = 0;

  constructor({ libraries, table, description, home }: OpenTable) {
    this.#libraries = libraries;
    this.#table = table;
    this.description = description;
    this.#home = home;
    this.#access = new StoreAccess(home.name, home.lock !== undefined, async () => {
      this.#table.close();
      await home.lock?.[Symbol.asyncDispose]();
    });
  }

  /** Creates the index of full-text search; passages that it doesn't contain yet are scanned. */
  static async createTextIndex({ lancedb }: Libraries, table: LanceDB.Table): Promise<void> {
    const config = lancedb.Index.fts({ withPosition: false, stem: true, removeStopWords: false, asciiFolding: false });
    await table.createIndex("text", { config });
  }

  async parts(files?: readonly string[]): Promise<StoredPart[]> {
    if (files?.length === 0) return [];
    const where = files === undefined ? "" : ` AND file IN (${files.map(literal).join(", ")})`;
    const rows = await this.#reading(() =>
      this.#table.query().where(`position = 0${where}`).select(["file", "part", "hash"]).toArray(),
    );
    return rows.map(({ file, part, hash }) => ({ file, part, hash }));
  }

  filesWith(conditions: readonly Condition[]): Promise<string[]> {
    return this.#reading(async () => {
      const query = this.#table.query().select(["file"]);
      const where = await whereOf(this.#table, conditions);
      const rows = await (where === undefined ? query : query.where(where)).toArray();
      return [...new Set<string>(rows.map(({ file }) => file))].sort();
    });
  }

  version(): Promise<string> {
    return this.#reading(async () => `${this.#tables} ${await this.#table.version()}`);
  }

  count(): Promise<number> {
    return this.#reading(() => this.#table.countRows());
  }

  fields(): Promise<MetadataField[]> {
    return this.#reading(async () => {
      const fields = new FieldTypes();
      const columns = (await this.#table.schema()).fields.map(({ name }) => name).filter(isFieldColumn);
      if (columns.length < mostFieldColumns) {
        for (const column of columns) fields.add(...fieldOfColumn(column));
        return fields.sorted();
      }
      // There may be fields without a column.
      for await (const batch of this.#table.query().select(["metadata"])) {
        for (const row of batch) {
          for (const [name, value] of Object.entries(parseMetadata(row.metadata))) {
            for (const item of [value].flat()) {
              const type = scalarTypeOf(item);
              if (type !== undefined) fields.add(name, type);
            }
          }
        }
      }
      return fields.sorted();
    });
  }

  async update({ parts, removed }: IndexUpdate): Promise<void> {
    for (const part of parts) requireFitting(part, this.description.dimension);
    if (parts.length + removed.length > 0) await this.#writing(() => this.#update({ parts, removed }));
    else await this.#writing(async () => {});
  }

  async keepSettings(settings: BuildSettings): Promise<void> {
    await this.#writing(() => this.#home.keepDescription({ ...this.description, settings }));
  }

  async optimize(): Promise<void> {
    await this.#writing(async () => {
      await this.#indexVectors();
      // In a folder only the last version is kept, or the index would be twice as large. Files of a killed process can be
      // deleted, since this process has the lock.
      const { keptMilliseconds } = this.#home;
      const cleanupOlderThan = new Date(Date.now() - keptMilliseconds);
      await this.#table.optimize({ cleanupOlderThan, deleteUnverified: keptMilliseconds === 0 });
      this.#removed = 0;
    });
  }

  isOptimizable(): Promise<boolean> {
    return this.#reading(async () => {
      if (this.#removed > untidy.removed * (await this.#table.countRows())) return true;
      return (await this.#table.listVersions()).length > untidy.versions;
    });
  }

  embeddings(ids: readonly string[]): Promise<Map<string, Float32Array>> {
    return this.#reading(() => storedEmbeddings(this.#table, this.description, ids));
  }

  async scan(take: (passages: readonly EmbeddedPassage[]) => Promise<void>): Promise<void> {
    // A query reads one version to its end, whatever is written meanwhile.
    let refused: { readonly reason: unknown } | undefined;
    const taking = (passages: readonly EmbeddedPassage[]) =>
      take(passages).catch((reason: unknown) => {
        refused = { reason };
        throw reason;
      });
    await this.#access
      .read(() => scanTable(this.#table, this.description, taking))
      .catch((error) => {
        if (refused !== undefined) throw refused.reason;
        this.#fail(error);
      });
  }

  searchVector(query: Float32Array, options: StoreQuery): Promise<StoreHit[]> {
    return this.#reading(async () => {
      requireDimension(this.#home.name, this.description, query);
      return searchVector(this.#table, this.description, query, options);
    });
  }

  searchText(query: string, options: StoreQuery): Promise<StoreHit[]> {
    return this.#reading(() => searchText(this.#libraries, this.#table, query, options));
  }

  dispose(): Promise<void> {
    return this.#access.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** Builds the vector index, again if a tenth of the passages are new, so that its partitions keep their size. */
  async #indexVectors(): Promise<void> {
    const count = await this.#table.countRows();
    const [index] = (await this.#table.listIndices()).filter(({ columns }) => columns.includes(vectorColumn));
    const stats = index && (await this.#table.indexStats(index.name));
    const isFresh = stats !== undefined && stats.numUnindexedRows * 10 <= count;
    if (count <= exactBelow || isFresh) return;
    const { Index } = this.#libraries.lancedb;
    const training = { numPartitions: Math.round(count / partitionSize), sampleRate: 64, maxIterations: 20 };
    const { dimension, precision, similarity } = this.description;
    const distanceType = precision !== "float32" ? bitDistance : similarity === "euclidean" ? "l2" : "dot";
    // One bit a dimension finds candidates as well as product quantization, and is built thirty times as fast.
    const config =
      precision === "float32" && dimension % 8 === 0
        ? Index.ivfRq({ distanceType, ...training })
        : Index.ivfFlat({ distanceType, ...training });
    await this.#table.createIndex(vectorColumn, { config, replace: true });
  }

  async #update({ parts, removed }: IndexUpdate): Promise<void> {
    const keys = [...parts, ...removed].map((key) => `'${partKeyOf(key)}'`).join(", ");
    const replaced = `part_key IN (${keys})`;
    const count = await this.#table.countRows(replaced);
    this.#removed += count;
    if (parts.length === 0) {
      await this.#table.delete(replaced);
      return;
    }
    const { arrow } = this.#libraries;
    const { fields } = await this.#withColumns(parts);
    const rows = tableOf(arrow, parts, fields, this.description);
    if (count === 0) {
      await this.#table.add(rows);
      return;
    }
    // In one commit, in which ids of `parts` may occur in the rows that are deleted.
    await this.#table
      .mergeInsert("id")
      .whenMatchedUpdateAll()
      .whenNotMatchedInsertAll()
      .whenNotMatchedBySourceDelete({ where: replaced })
      .execute(rows);
  }

  /** The schema, after adding the missing columns that these parts need. */
  async #withColumns(parts: IndexUpdate["parts"]) {
    const metadata = parts.flatMap(({ passages }) => passages.map((passage) => passage.metadata));
    const schema = await this.#table.schema();
    const there = new Set(schema.fields.map(({ name }) => name));
    const room = mostFieldColumns - [...there].filter(isFieldColumn).length;
    const missing = [...fieldColumnsOf(metadata)].filter(([name]) => !there.has(name)).slice(0, room);
    if (missing.length === 0) return schema;
    await this.#table.addColumns(missing.map(([name, type]) => fieldOfType(this.#libraries.arrow, name, type)));
    return this.#table.schema();
  }

  #reading<T>(work: () => Promise<T>): Promise<T> {
    return this.#access.read(async () => {
      try {
        for (let tries = 1; ; tries++) {
          const outcome = await work().then(
            (value) => ({ value }),
            (error: unknown) => ({ error }),
          );
          const isOther = await this.#renew();
          const isLast = tries === mostTries;
          if ("value" in outcome && (isLast || !isOther)) return outcome.value;
          // A writer has optimized the table, and removed the version that was being read: there is a later one.
          if ("error" in outcome && (isLast || !(isOther || isGone(outcome.error)))) this.#fail(outcome.error);
        }
      } finally {
        await this.#home.requireThere?.(this.description);
      }
    });
  }

  /** @returns whether another index lies at the place by now, of which the table was opened */
  async #renew(): Promise<boolean> {
    const table = await this.#home.renewed?.();
    if (table === undefined) return false;
    this.#table = table;
    this.#tables++;
    return true;
  }

  #writing(work: () => Promise<void>): Promise<void> {
    return this.#access.write(async () => {
      this.#home.lock?.requireHeld();
      await work().catch(this.#fail);
    });
  }

  readonly #fail = (cause: unknown): never => {
    if (cause instanceof HpdError) throw cause;
    const error = plainLanceError(cause);
    if ("code" in error) throw cannotWrite(this.#home.name, error);
    throw new HpdError("runtime", `${this.#home.name}: LanceDB failed: ${error.message}`, { cause });
  };
}

function isGone(error: unknown): boolean {
  return types.isNativeError(error) && !(error instanceof HpdError) && /not found/i.test(error.message);
}
