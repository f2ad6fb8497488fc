/** Vector and full-text search, one SELECT each. */
import type { IndexDescription } from "../description.ts";
import type { StoreHit, StoreQuery } from "../store.ts";
import { binaryVector } from "./binary-vectors.ts";
import { parameters, sqlOf } from "./conditions.ts";
import type { Database } from "./connection.ts";
import { type PassageRow, passageColumns, passageOf } from "./passages.ts";
import { type IndexTables, type Schema, textSearchConfiguration } from "./schema.ts";
import { toStorable } from "./storable-text.ts";

/** Number of candidates by Hamming distance that are rescored with the query's numbers, for binary embeddings. */
const candidates = { times: 10, atLeast: 100 };

/** The passages nearest to a query. @param query `[dimension]` */
export async function searchVector(
  database: Database,
  { schema, extension, column, description }: IndexTables,
  query: Float32Array,
  { topK, conditions }: StoreQuery,
): Promise<StoreHit[]> {
  const isBinary = description.precision === "binary";
  const limit = isBinary ? Math.max(candidates.times * topK, candidates.atLeast) : topK;
  const { values, parameter } = parameters();
  const target = column.convert(`${parameter(binaryVector(query))}::${extension}.vector`);
  const sql = `SELECT ${passageColumns}, distance${isBinary ? ", embedding::text AS signs" : ""}
    FROM (SELECT *, embedding ${column.distance} ${target} AS distance FROM ${schema}.passages
      WHERE ${sqlOf(conditions, parameter)} ORDER BY distance LIMIT ${parameter(limit)}) AS nearest
    ORDER BY distance, id COLLATE "C"`;
  const search = (settings: string) =>
    database.transaction(`BEGIN READ ONLY; ${settings}`, (transaction) =>
      transaction.query<PassageRow & { distance: number; signs: string }>(sql, values),
    );
  // Twice the limit, since HNSW is least exact for the last hits; the maximum of pgvector is 1000.
  const width = Math.min(Math.max(2 * limit, 100), 1000);
  let rows = await search(`SET LOCAL hnsw.ef_search = ${width}; SET LOCAL hnsw.iterative_scan = strict_order`);
  // An HNSW scan may end before it has found all passages that match a filter; a scan of the table doesn't.
  if (rows.length < limit) rows = await search("SET LOCAL enable_indexscan = off");
  if (!isBinary) return rows.map((row) => ({ passage: passageOf(row), score: -row.distance }));
  return rows
    .map((row) => ({ passage: passageOf(row), score: scoreOfSigns(query, row.signs, description.similarity) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, topK);
}

/** The passages with any of a query's words. */
export async function searchText(
  database: Database,
  { schema }: Schema,
  query: string,
  { topK, conditions }: StoreQuery,
): Promise<StoreHit[]> {
  const { values, parameter } = parameters();
  const text = parameter(toStorable(query));
  // Stop words are left out if there are others. Each stem is quoted, so that none is an operator.
  const rows = await database.query<PassageRow & { score: number }>(
    `WITH wanted AS (
        SELECT string_agg('''' || replace(replace(lexeme, '\\', '\\\\'), '''', '''''') || '''', ' | ')::tsquery AS query
        FROM to_tsvector('pg_catalog.english', ${text}) AS telling,
          unnest(CASE WHEN length(telling) > 0 THEN telling
            ELSE to_tsvector(${textSearchConfiguration(schema)}, ${text}) END)
      )
      SELECT ${passageColumns}, ts_rank(words, query, 1) AS score FROM ${schema}.passages, wanted
      WHERE words @@ query AND ${sqlOf(conditions, parameter)}
      ORDER BY score DESC, id COLLATE "C" LIMIT ${parameter(topK)}`,
    values,
  );
  return rows.map((row) => ({ passage: passageOf(row), score: row.score }));
}

/**
 * The similarity of a query to the signs of an embedding, taken as a vector of length 1 whose numbers are plus or minus
 * 1 / sqrt(dimension).
 *
 * @param signs 0 and 1, one for each dimension
 */
function scoreOfSigns(query: Float32Array, signs: string, similarity: IndexDescription["similarity"]): number {
  let sum = 0;
  let squares = 0;
  for (const [index, value] of query.entries()) {
    sum += signs[index] === "1" ? value : -value;
    squares += value * value;
  }
  const product = sum / Math.sqrt(query.length);
  return similarity === "euclidean" ? -Math.sqrt(Math.max(squares + 1 - 2 * product, 0)) : product;
}
