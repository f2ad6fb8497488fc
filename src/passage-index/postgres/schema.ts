/**
 * The tables of an index: a schema of its own in the user's database, so that several indexes, and other things, live
 * beside each other, and `DROP SCHEMA name CASCADE` is how one is deleted.
 *
 * pgvector has no 8-bit numbers: `int8` is kept in 16 bits (`halfvec`), twice as large and more exact. `binary` keeps
 * the signs alone (`bit`).
 */
import { HpdError } from "../../errors.ts";
import type { IndexDescription, IndexPrecision } from "../description.ts";

/** Names of schemas, quoted for SQL. */
export interface Schema {
  /** The schema of the index. */
  readonly schema: string;
  /** The schema of the extension's types and operators, which may be any. */
  readonly extension: string;
}

/** The tables of an index: what statements about them are made of. */
export interface IndexTables extends Schema {
  readonly description: IndexDescription;
  readonly column: VectorColumn;
}

/** How vectors are kept and compared. */
export interface VectorColumn {
  /** Its type, with the dimension. */
  readonly type: string;
  /** SQL for a value of that type from one of the type `vector`. */
  readonly convert: (vector: string) => string;
  /** The smaller what it gives, the nearer. */
  readonly distance: string;
  readonly operatorClass: string;
}

/** What HNSW takes at most: `HNSW_MAX_DIM` of pgvector, and its multiples for smaller types. */
const maxDimensions: Record<IndexPrecision, number> = { float32: 2000, int8: 4000, binary: 64_000 };

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function vectorColumn({ dimension, precision, similarity }: IndexDescription, extension: string): VectorColumn {
  if (precision === "binary") {
    return {
      type: `bit(${dimension})`,
      convert: (vector) => `${extension}.binary_quantize(${vector})::bit(${dimension})`,
      distance: `OPERATOR(${extension}.<~>)`,
      operatorClass: `${extension}.bit_hamming_ops`,
    };
  }
  const type = precision === "float32" ? "vector" : "halfvec";
  // Cosine: of vectors that were scaled to length 1 it is the product. So a zero vector has cosine 0, where pgvector's
  // own operator gives NaN.
  const [operator, name] = similarity === "euclidean" ? ["<->", "l2"] : ["<#>", "ip"];
  return {
    type: `${extension}.${type}(${dimension})`,
    convert: (vector) => `${vector}::${extension}.${type}(${dimension})`,
    distance: `OPERATOR(${extension}.${operator})`,
    operatorClass: `${extension}.${type}_${name}_ops`,
  };
}

/** PostgreSQL's English, but with the words that it leaves out, such as "the": a query may have no others. */
export function textSearchConfiguration(schema: string): string {
  return `'${schema.replaceAll("'", "''")}.english'::regconfig`;
}

/**
 * What makes the tables. The indexes for searching come later, once there is something in them: building is faster than
 * adding.
 *
 * @throws HpdError `unsupported` for more dimensions than pgvector can index
 */
export function createTables({ schema, extension }: Schema, description: IndexDescription): string {
  const { dimension, precision } = description;
  if (dimension > maxDimensions[precision]) {
    throw new HpdError(
      "unsupported",
      `pgvector indexes at most ${maxDimensions[precision]} dimensions at precision ${precision}, the model has ` +
        `${dimension}: take a lower precision, or fewer dimensions where the model allows it`,
    );
  }
  return `
    CREATE TEXT SEARCH DICTIONARY ${schema}.english_stem (TEMPLATE = pg_catalog.snowball, LANGUAGE = english);
    CREATE TEXT SEARCH CONFIGURATION ${schema}.english (COPY = pg_catalog.english);
    ALTER TEXT SEARCH CONFIGURATION ${schema}.english
      ALTER MAPPING REPLACE pg_catalog.english_stem WITH ${schema}.english_stem;
    CREATE TABLE ${schema}.description (json text NOT NULL);
    CREATE TABLE ${schema}.parts (
      file text NOT NULL,
      part integer NOT NULL,
      hash text NOT NULL,
      PRIMARY KEY (file, part)
    );
    CREATE TABLE ${schema}.passages (
      id text PRIMARY KEY,
      file text NOT NULL,
      part integer NOT NULL,
      first_line integer NOT NULL,
      last_line integer NOT NULL,
      text text NOT NULL,
      metadata jsonb NOT NULL,
      embedding ${vectorColumn(description, extension).type} NOT NULL,
      words tsvector GENERATED ALWAYS AS (to_tsvector(${textSearchConfiguration(schema)}, text)) STORED,
      FOREIGN KEY (file, part) REFERENCES ${schema}.parts ON DELETE CASCADE
    );
    CREATE INDEX passages_part ON ${schema}.passages (file, part);`;
}

/** What `open` takes for an index has them all. */
export const tableNames = ["description", "parts", "passages"] as const;
