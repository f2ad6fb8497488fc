/** The SQL of a table whose texts are embedded: which rows are stale, and how a batch is stored. */
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { binaryVectorArray } from "../postgres/binary-vectors.ts";
import type { Connection } from "../postgres/connection.ts";
import type { TableColumns } from "./table-columns.ts";

/** UTF-16 code units of a text that are read at most: more than the tokens of any model. */
const longestText = 200_000;

export interface TableModel {
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

/** The rows of a table, found and embedded batch by batch. */
export class TableEmbedder {
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
