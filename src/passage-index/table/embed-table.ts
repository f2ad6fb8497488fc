/**
 * Embeds a column of texts in a table of PostgreSQL, into a column of pgvector beside it. Each embedding has a fingerprint of the
 * model and of its text, so that a run embeds only rows that are new, whose text has changed or that have another model's
 * embedding. Batches are committed one by one: a run that was killed is gone on with by the next.
 */
import { defaultModel } from "#hub";
import { requireOneOf, requirePositiveInteger } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import type { Progress } from "../../common/progress.ts";
import { type LoadOptions, loadHints, loadOptions } from "../../encode/options.ts";
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { HpdError } from "../../errors.ts";
import { InUseError } from "../../files/in-use-error.ts";
import { openModel } from "../open-model.ts";
import { binaryVectorArray } from "../postgres/binary-vectors.ts";
import { type Connection, openDatabase } from "../postgres/connection.ts";
import { extensionOf, requireExtension, unavailable } from "../postgres/extension.ts";
import { isPostgresLocation, parseLocation } from "../postgres/location.ts";
import { addColumns, type TableColumns, tableColumns } from "./table-columns.ts";

export const tableVectorTypes = ["vector", "halfvec"] as const;

export type TableVectorType = (typeof tableVectorTypes)[number];

export interface EmbedTableOptions {
  /** `postgres://user@host/database`. */
  readonly database: string;
  /** The table: `articles`, or `app.articles`. It needs a primary key. */
  readonly table: string;
  /** The column of texts. */
  readonly column: string;
  /** The column of embeddings, made if it isn't there, like `INTO_fingerprint`. Default `embedding`. */
  readonly into?: string | undefined;
  /** The type of that column: 4 or 2 bytes a number. Default `vector`. */
  readonly type?: TableVectorType | undefined;
  /** A model folder, an id of the hub, or a loaded model, which stays the caller's. Default: the model inside this package. */
  readonly model?: string | SentenceTransformer | undefined;
  /** Options of loading the model. */
  readonly load?: LoadOptions | undefined;
  /** Rows that are embedded and committed together. Default 500. */
  readonly batchRows?: number | undefined;
  readonly onProgress?: ((progress: Progress<"embed", number>) => void) | undefined;
  /** Stops between two batches; the promise rejects with the signal's reason, and the next run goes on. */
  readonly signal?: AbortSignal | undefined;
}

const embedTableOptions: OptionTable<EmbedTableOptions> = {
  database: "string",
  table: "string",
  column: "string",
  into: "string",
  type: "string",
  model: "any",
  load: loadOptions,
  batchRows: "number",
  onProgress: "function",
  signal: "signal",
};

export interface EmbedTableReport {
  /** The database and its table, without a password. */
  readonly table: string;
  /** Rows with a text. */
  readonly rows: number;
  /** Rows that this run has embedded. */
  readonly embedded: number;
  /** Rows whose embedding was removed, because their text is null now. */
  readonly cleared: number;
  readonly dimension: number;
}

/** UTF-16 code units of a text that are read at most: more than the tokens of any model. */
const longestText = 200_000;

/** First half of the keys of advisory locks; the second is the table's number. */
const lockClass = 0x68_70_65;

/**
 * @throws HpdError `not_found` without the table, or if pg isn't installed; `invalid_argument`, also if another run embeds the
 *   table; `unsupported` without pgvector or a primary key; `network`; as `SentenceTransformer.load` and `encode`
 */
export async function embedTable(given: EmbedTableOptions): Promise<EmbedTableReport> {
  const options = checkedOptions("embedTable", given, embedTableOptions, loadHints);
  const { table, column, into = "embedding", type = "vector", batchRows = 500, signal } = options;
  requireOneOf("type", type, tableVectorTypes);
  requirePositiveInteger("batchRows", batchRows);
  for (const [name, value] of Object.entries({ table, column, into })) requireName(name, value);
  if (!isPostgresLocation(options.database)) {
    throw new HpdError("invalid_argument", "database should be a URL such as postgres://user@host/database");
  }
  const { connectionString, name: location } = parseLocation(options.database);
  const name = location.replace(/, schema .*$/, "");
  const database = await openDatabase(connectionString, name);
  try {
    // Before the model is loaded, so that errors come at once.
    if ((await extensionOf(database)) === undefined) {
      await database.run("CREATE EXTENSION IF NOT EXISTS vector").catch((cause) => {
        throw cause instanceof HpdError && cause.code !== "runtime" ? cause : unavailable(name);
      });
    }
    const extension = await requireExtension(database, name);
    await using model = await openModel(options.model ?? defaultModel(), {
      ...options.load,
      ...(signal && { signal }),
    });
    const { dimension } = model.model;
    const columns = await tableColumns(database, name, extension, { table, column, into, type, dimension });
    const connection = await database.reserve();
    await lock(connection, columns, `${name}, table ${table}`);
    await addColumns(connection, columns);
    const embedder = new TableEmbedder(connection, columns, { extension, ...model });
    const cleared = await embedder.clear();
    const total = await embedder.count();
    options.onProgress?.({ stage: "embed", done: 0, total });
    let embedded = 0;
    for await (const done of embedder.run(batchRows, signal)) {
      embedded += done;
      options.onProgress?.({ stage: "embed", done: Math.min(embedded, total), total });
    }
    return { table: `${name}, table ${table}`, rows: await embedder.rows(), embedded, cleared, dimension };
  } finally {
    await database.close();
  }
}

interface TableModel {
  readonly model: SentenceTransformer;
  readonly fingerprint: string;
  /** The quoted schema of pgvector. */
  readonly extension: string;
}

interface Row {
  readonly text: string;
  readonly hash: string;
  readonly keys: readonly string[];
}

class TableEmbedder {
  readonly #connection: Connection;
  readonly #columns: TableColumns;
  readonly #model: TableModel;
  /** SQL of a row's right fingerprint, with the model's as its first parameter. */
  readonly #wanted: string;

  constructor(connection: Connection, columns: TableColumns, model: TableModel) {
    this.#connection = connection;
    this.#columns = columns;
    this.#model = model;
    this.#wanted = `$1::text || ':' || md5(${columns.text})`;
  }

  /** Removes the embeddings of texts that are gone. @returns their number */
  async clear(): Promise<number> {
    const { table, text, into, fingerprint } = this.#columns;
    const rows = await this.#connection.query<{ count: number }>(
      `WITH cleared AS (UPDATE ${table} SET ${into} = NULL, ${fingerprint} = NULL
          WHERE ${text} IS NULL AND (${into} IS NOT NULL OR ${fingerprint} IS NOT NULL) RETURNING 1)
        SELECT count(*)::integer AS count FROM cleared`,
    );
    return rows[0]!.count;
  }

  /** Number of rows that have a text. */
  async rows(): Promise<number> {
    const { table, text } = this.#columns;
    const [row] = await this.#connection.query<{ count: number }>(
      `SELECT count(*)::float8 AS count FROM ${table} WHERE ${text} IS NOT NULL`,
    );
    return row!.count;
  }

  /** Number of rows that are to be embedded. */
  async count(): Promise<number> {
    const { table } = this.#columns;
    const [row] = await this.#connection.query<{ count: number }>(
      `SELECT count(*)::float8 AS count FROM ${table} WHERE ${this.#isStale()}`,
      [this.#model.fingerprint],
    );
    return row!.count;
  }

  /** Embeds what is stale, in the order of the primary key. Yields the rows of each batch that were updated. */
  async *run(batchRows: number, signal: AbortSignal | undefined): AsyncGenerator<number, void, undefined> {
    const normalizeEmbeddings = this.#model.model.similarityFunction === "cosine";
    let after: readonly string[] | undefined;
    for (;;) {
      signal?.throwIfAborted();
      const rows = await this.#next(after, batchRows);
      if (rows.length === 0) return;
      const embeddings = await this.#model.model.encodeDocument(
        rows.map(({ text }) => text),
        { normalizeEmbeddings, ...(signal && { signal }) },
      );
      yield await this.#store(rows, [...embeddings]);
      after = rows.at(-1)!.keys;
    }
  }

  #isStale(): string {
    const { text, into, fingerprint } = this.#columns;
    return `${text} IS NOT NULL AND (${into} IS NULL OR ${fingerprint} IS DISTINCT FROM ${this.#wanted})`;
  }

  async #next(after: readonly string[] | undefined, limit: number): Promise<Row[]> {
    const { table, text, keys } = this.#columns;
    const names = keys.map(({ name }) => name).join(", ");
    const values = keys.map(({ type }, at) => `$${at + 3}::text::${type}`).join(", ");
    return this.#connection.query<Row>(
      `SELECT left(${text}, ${longestText}) AS text, md5(${text}) AS hash,
          ARRAY[${keys.map(({ name }) => `${name}::text`).join(", ")}] AS keys
        FROM ${table} WHERE ${this.#isStale()}${after === undefined ? "" : ` AND (${names}) > (${values})`}
        ORDER BY ${names} LIMIT $2`,
      [this.#model.fingerprint, limit, ...(after ?? [])],
    );
  }

  /** @returns the number of rows whose text was still the same */
  async #store(rows: readonly Row[], embeddings: readonly Float32Array[]): Promise<number> {
    const { table, text, into, fingerprint, type, keys } = this.#columns;
    const { extension } = this.#model;
    const [vector] = await this.#connection.query<{ id: number }>("SELECT $1::regtype::oid::bigint::float8 AS id", [
      `${extension}.vector`,
    ]);
    const keyed = keys.map((_, at) => `key${at}`);
    const arrays = keys.map((_, at) => `$${at + 4}::text[]`);
    const isSame = keys.map(({ name, type }, at) => `own.${name} = new.key${at}::${type}`).join(" AND ");
    const [updated] = await this.#connection.query<{ count: number }>(
      `WITH updated AS (
          UPDATE ${table} AS own SET ${into} = new.embedding::${type}, ${fingerprint} = $1::text || ':' || new.hash
          FROM unnest($2::text[], $3::${extension}.vector[], ${arrays.join(", ")}) AS new (hash, embedding, ${keyed.join(", ")})
          WHERE ${isSame} AND md5(own.${text}) = new.hash RETURNING 1)
        SELECT count(*)::integer AS count FROM updated`,
      [
        this.#model.fingerprint,
        rows.map(({ hash }) => hash),
        binaryVectorArray(embeddings, vector!.id),
        ...keys.map((_, at) => rows.map((row) => row.keys[at]!)),
      ],
    );
    return updated!.count;
  }
}

/** @throws InUseError if another run embeds the table */
async function lock(connection: Connection, { id }: TableColumns, name: string): Promise<void> {
  const [row] = await connection.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1, $2) AS locked", [
    lockClass,
    id | 0,
  ]);
  if (row?.locked !== true) throw new InUseError(`${name}: another run embeds this table; wait until it is done`);
}

/** @throws HpdError `invalid_argument` */
function requireName(option: string, name: string): void {
  if (typeof name === "string" && name !== "" && !name.includes("\0") && Buffer.byteLength(name) <= 120) return;
  throw new HpdError("invalid_argument", `${option} should be a name of the database`);
}
