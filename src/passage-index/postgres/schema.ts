/**
 * The tables of an index, in a schema of its own in the user's database, so that several indexes and other tables can
 * be side by side, and `DROP SCHEMA name CASCADE` deletes an index.
 *
 * pgvector has no 8-bit numbers: `int8` is stored in 16 bits (`halfvec`), twice as large and more exact. `binary`
 * stores only the signs (`bit`).
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

/** The column of vectors: its type and how it is compared. */
export interface VectorColumn {
  /** Its type, with the dimension. */
  readonly type: string;
  /** SQL for a value of that type from one of the type `vector`. */
  readonly convert: (vector: string) => string;
  /** SQL operator of the distance. */
  readonly distance: string;
  readonly operatorClass: string;
}

/** Maximum dimensions of an HNSW index: `HNSW_MAX_DIM` of pgvector, and its multiples for smaller types. */
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
  // For vectors of length 1 the cosine is the dot product. So a zero vector has cosine 0, for which pgvector's own
  // operator gives NaN.
  const [operator, name] = similarity === "euclidean" ? ["<->", "l2"] : ["<#>", "ip"];
  return {
    type: `${extension}.${type}(${dimension})`,
    convert: (vector) => `${vector}::${extension}.${type}(${dimension})`,
    distance: `OPERATOR(${extension}.${operator})`,
    operatorClass: `${extension}.${type}_${name}_ops`,
  };
}

/** PostgreSQL's English with stop words, such as "the": a query may have no other words. */
export function textSearchConfiguration(schema: string): string {
  return `'${schema.replaceAll("'", "''")}.english'::regconfig`;
}

/**
 * The statements that create the tables. Indexes for searching are built later from all passages, which is faster than
 * adding to them.
 *
 * @throws HpdError `unsupported` for more dimensions than pgvector can index
 */
export function createTables({ schema, extension }: Schema, description: IndexDescription): string {
  const { dimension, precision } = description;
  if (dimension > maxDimensions[precision]) {
    throw new HpdError(
      "unsupported",
      `expected at most ${maxDimensions[precision]} dimensions for pgvector at precision ${precision}, got ${dimension}: ` +
        "use a lower precision, or fewer dimensions if the model allows it",
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

/** Tables by which an index is recognized. */
export const tableNames = ["description", "parts", "passages"] as const;
