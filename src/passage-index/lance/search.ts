/** Vector and full-text search in LanceDB. */
import { Embeddings } from "../../tensor/embeddings.ts";
import type { IndexDescription, IndexPrecision } from "../description.ts";
import type { Passage, StoreHit, StoreQuery } from "../store.ts";
import { wellFormed } from "../well-formed.ts";
import { numbersColumn, passageColumns, vectorColumn } from "./columns.ts";
import { whereOf } from "./conditions.ts";
import type { LanceDB, Libraries } from "./load-lancedb.ts";
import { parseMetadata } from "./metadata-text.ts";
import { bitsOf, scoreOfInt8, scoreOfSigns } from "./quantize.ts";

/** A row of Arrow. */
export type Row = Readonly<Record<string, unknown>>;

/** @param query `[dimension]` */
export async function searchVector(
  table: LanceDB.Table,
  description: IndexDescription,
  query: Float32Array,
  { topK, conditions }: StoreQuery,
): Promise<StoreHit[]> {
  const { precision, similarity } = description;
  const wanted = { query, topK: await limitOf(table, topK), where: await whereOf(table, conditions) };
  return precision === "float32" ? searchFloats(table, similarity, wanted) : searchBits(table, precision, wanted);
}

/** A query, with its conditions as SQL. */
interface VectorQuery {
  readonly query: Float32Array;
  readonly topK: number;
  readonly where: string | undefined;
}

/** Number of partitions of the approximate index that a query reads. */
const probes = { floats: 40, bits: 80 };

/**
 * Number of candidates of the index that are rescored for a number of hits. The first hits need more candidates each
 * than later ones. Of 300,000 sentences in 128 dimensions, in float32, the ten nearest are found with a recall of 0.99
 * in a fifth of the time of an exact search, a hundred with 0.98 in less than half.
 */
const candidatesFor: Record<IndexPrecision, (topK: number) => number> = {
  float32: (topK) => 300 + 10 * topK,
  int8: (topK) => 350 + 15 * topK,
  binary: (topK) => 10 * Math.max(topK, 10),
};

/** Rows that are asked for without a look at how many there are. */
const fewRows = 10_000;

/**
 * A limit of a query, at most the rows of the table: LanceDB reserves memory for as many, without which it ends the process,
 * and takes 32 bits of the number.
 */
async function limitOf(table: LanceDB.Table, rows: number): Promise<number> {
  return rows <= fewRows ? rows : Math.min(rows, Math.max(await table.countRows(), fewRows));
}

/** Hamming distance, which LanceDB has but its types lack. */
export const bitDistance = "hamming" as "l2";

async function searchFloats(
  table: LanceDB.Table,
  similarity: IndexDescription["similarity"],
  { query, topK, where }: VectorQuery,
): Promise<StoreHit[]> {
  const isEuclidean = similarity === "euclidean";
  const refine = Math.ceil(candidatesFor.float32(topK) / topK);
  const search = (isExact: boolean): Promise<Row[]> => {
    let nearest = table
      .query()
      .nearestTo(query)
      .column(vectorColumn)
      .distanceType(isEuclidean ? "l2" : "dot")
      .limit(topK)
      .select([...passageColumns, "_distance"]);
    if (where !== undefined) nearest = nearest.where(where);
    return (isExact ? nearest.bypassVectorIndex() : nearest.nprobes(probes.floats).refineFactor(refine)).toArray();
  };
  let rows = await search(false);
  // The partitions that were read may have fewer matches than the whole table.
  if (rows.length < topK) rows = await search(true);
  return rows.map((row) => {
    const distance = row._distance as number;
    return { passage: passageOf(row), score: isEuclidean ? -Math.sqrt(Math.max(distance, 0)) : 1 - distance };
  });
}

async function searchBits(
  table: LanceDB.Table,
  precision: "int8" | "binary",
  { query, topK, where }: VectorQuery,
): Promise<StoreHit[]> {
  const compared = precision === "int8" ? numbersColumn : vectorColumn;
  const limit = await limitOf(table, candidatesFor[precision](topK));
  const search = (isExact: boolean) => {
    let nearest = table
      .query()
      .nearestTo(bitsOf(new Embeddings(query, 1, query.length), precision))
      .column(vectorColumn)
      .distanceType(bitDistance)
      .limit(limit)
      .select([...passageColumns, compared, "_distance"]);
    if (where !== undefined) nearest = nearest.where(where);
    return (isExact ? nearest.bypassVectorIndex() : nearest.nprobes(probes.bits)).toArrow();
  };
  let found = await search(false);
  if (found.numRows < limit) found = await search(true);
  const vectors = found.getChild(compared)!;
  return Array.from({ length: found.numRows }, (_, index) => {
    const vector = vectors.get(index).toArray();
    return { index, score: precision === "int8" ? scoreOfInt8(query, vector) : scoreOfSigns(query, vector) };
  })
    .sort((a, b) => b.score - a.score)
    .slice(0, topK)
    .map(({ index, score }) => ({ passage: passageOf(found.get(index) as unknown as Row), score }));
}

export async function searchText(
  { lancedb }: Libraries,
  table: LanceDB.Table,
  query: string,
  { topK, conditions }: StoreQuery,
): Promise<StoreHit[]> {
  const where = await whereOf(table, conditions);
  let matching = table
    .query()
    .fullTextSearch(new lancedb.MatchQuery(wellFormed(query), "text"))
    .limit(await limitOf(table, topK))
    .select([...passageColumns, "_score"]);
  if (where !== undefined) matching = matching.where(where);
  const rows: Row[] = await matching.toArray();
  // Hits of the index and hits among passages outside it come one after the other.
  return rows
    .map((row) => ({ passage: passageOf(row), score: row._score as number }))
    .sort((a, b) => b.score - a.score);
}

export function passageOf(row: Row): Passage {
  return {
    id: row.id as string,
    file: row.file as string,
    firstLine: row.first_line as number,
    lastLine: row.last_line as number,
    text: row.text as string,
    metadata: parseMetadata(row.metadata as string),
  };
}
