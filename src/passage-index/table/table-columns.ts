/** A table of a user's database, in which a column of texts is embedded: looked up, checked, and given its new columns. */
import { HpdError } from "../../errors.ts";
import type { Connection } from "../postgres/connection.ts";
import { quoteIdentifier } from "../postgres/schema.ts";

export interface WantedColumns {
  /** The table, with its schema before a dot or as the search path has it. */
  readonly table: string;
  readonly column: string;
  readonly into: string;
  /** The type of the embeddings. */
  readonly type: "vector" | "halfvec";
  readonly dimension: number;
}

/** Names quoted for SQL. */
export interface TableColumns {
  readonly id: number;
  readonly table: string;
  readonly text: string;
  readonly into: string;
  /** The column by which it is known what an embedding was made of. */
  readonly fingerprint: string;
  /** SQL of the type of embeddings. */
  readonly type: string;
  /** SQL of the columns that the table doesn't have yet. */
  readonly missing: readonly string[];
  /** The primary key, with SQL of its types. */
  readonly keys: readonly { readonly name: string; readonly type: string }[];
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly category: string;
  /** Position in the primary key from 1; null for other columns. */
  readonly key: number | null;
}

/**
 * @param index the database's name, for messages
 * @param extension the quoted schema of pgvector
 * @throws HpdError `not_found` without the table; `invalid_argument` for columns of other types; `unsupported` without a
 *   primary key
 */
export async function tableColumns(
  database: Pick<Connection, "query">,
  index: string,
  extension: string,
  { table, column, into, type, dimension }: WantedColumns,
): Promise<TableColumns> {
  const quoted = table.split(".").map(quoteIdentifier).join(".");
  const [found] = await database.query<{ id: number | null }>("SELECT to_regclass($1)::oid::bigint::float8 AS id", [
    quoted,
  ]);
  const id = found?.id ?? undefined;
  if (id === undefined) throw new HpdError("not_found", `${index}: there is no table ${table}`);
  const columns = await database.query<ColumnRow>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, typcategory AS category,
        array_position(indkey::smallint[], attnum) + 1 AS key
      FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid LEFT JOIN pg_index ON indrelid = attrelid AND indisprimary
      WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped`,
    [id],
  );
  const byName = (name: string) => columns.find((each) => each.name === name);
  const text = byName(column);
  if (text?.category !== "S") {
    const names = columns.flatMap(({ name, category }) => (category === "S" ? [name] : [])).join(", ") || "none";
    const got = text === undefined ? "no such column" : text.type;
    throw new HpdError(
      "invalid_argument",
      `${table}.${column} should be a column of texts (there are: ${names}), got ${got}`,
    );
  }
  const keys = columns.filter(({ key }) => key !== null).toSorted((a, b) => a.key! - b.key!);
  if (keys.length === 0) {
    throw new HpdError("unsupported", `${table} has no primary key, by which its rows could be told apart`);
  }
  const there = byName(into)?.type.replace(/^.*\./, "").replaceAll('"', "");
  if (there !== undefined && there !== type && there !== `${type}(${dimension})`) {
    throw new HpdError(
      "invalid_argument",
      `${table}.${into} should be ${type}(${dimension}), got ${there}: name another column`,
    );
  }
  const fingerprint = `${into}_fingerprint`;
  const fingerprintType = byName(fingerprint)?.type;
  if (fingerprintType !== undefined && fingerprintType !== "text") {
    throw new HpdError("invalid_argument", `${table}.${fingerprint} should be text, got ${fingerprintType}`);
  }
  const sqlType = `${extension}.${type}(${dimension})`;
  return {
    ...{ id, table: quoted, text: quoteIdentifier(column), into: quoteIdentifier(into) },
    fingerprint: quoteIdentifier(fingerprint),
    type: sqlType,
    missing: [
      ...(there === undefined ? [`${quoteIdentifier(into)} ${sqlType}`] : []),
      ...(fingerprintType === undefined ? [`${quoteIdentifier(fingerprint)} text`] : []),
    ],
    keys: keys.map(({ name, type }) => ({ name: quoteIdentifier(name), type })),
  };
}

/** Adds the columns of embeddings that the table doesn't have yet: its owner has to, and it waits until nobody reads the table. */
export async function addColumns(database: Connection, { table, missing }: TableColumns): Promise<void> {
  if (missing.length === 0) return;
  await database.run(
    `ALTER TABLE ${table} ${missing.map((column) => `ADD COLUMN IF NOT EXISTS ${column}`).join(", ")}`,
  );
}
