/**
 * Similarities of many embeddings to many, a block at a time: what search is made of. A tile of four rows by two is summed
 * at once, so that a number that is loaded serves several products and no sum waits for another.
 *
 * Sums are in double precision, similarities in single, as everywhere. They equal those of `similarity` but for the last
 * bit, and s(a, b) equals s(b, a) to the last bit.
 */
import { notFinite } from "../similarity/require-finite.ts";
import type { SimilarityFunction } from "../similarity/similarity.ts";
import type { Embeddings } from "../tensor/embeddings.ts";

/** Embeddings, and what a similarity function needs of each row. */
export interface PreparedRows {
  readonly embeddings: Embeddings;
  /** `[count]`; cosine: 1 / length, euclidean: length squared. */
  readonly terms: Float64Array;
}

/**
 * @param what a row is, for the message
 * @throws HpdError `invalid_argument` for a row that holds a number that is not finite: it would be like nothing
 */
export function prepareRows(embeddings: Embeddings, name: SimilarityFunction, what = "embedding"): PreparedRows {
  const { data, count, dimension } = embeddings;
  const terms = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    let squares = 0;
    for (let i = row * dimension; i < (row + 1) * dimension; i++) squares += data[i]! * data[i]!;
    if (!Number.isFinite(squares)) throw notFinite(`${what} ${row}`);
    terms[row] = termOf(name, squares);
  }
  return { embeddings, terms };
}

/** What a similarity function needs of a row beside its sum with another one. @param squares the length squared */
export function termOf(name: SimilarityFunction, squares: number): number {
  // A zero vector has cosine 0 to everything.
  return name === "cosine" ? 1 / Math.max(Math.sqrt(squares), 1e-12) : squares;
}

/** Rows `start` to `end` - 1. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Similarity of each row of one range to each row of the other.
 *
 * @param scores `[rows, otherRows]`, or longer: its beginning is overwritten
 */
export function scoreBlock(
  name: SimilarityFunction,
  left: PreparedRows,
  rows: RowRange,
  right: PreparedRows,
  otherRows: RowRange,
  scores: Float32Array,
): void {
  const sumTile = name === "manhattan" ? sumDistances : sumProducts;
  const { data, dimension } = left.embeddings;
  const { data: otherData } = right.embeddings;
  const width = otherRows.end - otherRows.start;
  const sums = new Float64Array(8);
  for (let other = otherRows.start; other < otherRows.end; other += 2) {
    for (let row = rows.start; row < rows.end; row += 4) {
      // A tile that would reach over the edge repeats its last row, and writes that row's scores again.
      const lastRow = Math.min(3, rows.end - 1 - row);
      const lastOther = Math.min(1, otherRows.end - 1 - other);
      const starts = [0, 1, 2, 3].map((next) => (row + Math.min(next, lastRow)) * dimension);
      sumTile(data, starts, otherData, other * dimension, (other + lastOther) * dimension, dimension, sums);
      for (let next = 0; next <= lastRow; next++) {
        for (let otherNext = 0; otherNext <= lastOther; otherNext++) {
          const score = similarityOf(
            name,
            sums[2 * next + otherNext]!,
            left.terms[row + next]!,
            right.terms[other + otherNext]!,
          );
          scores[(row + next - rows.start) * width + other + otherNext - otherRows.start] = score;
        }
      }
    }
  }
}

/** @param sum of products or, for manhattan, of absolute differences. @param term of each row: `termOf` */
export function similarityOf(name: SimilarityFunction, sum: number, term: number, otherTerm: number): number {
  switch (name) {
    case "cosine":
      return sum * (term * otherTerm);
    case "dot":
      return sum;
    case "euclidean":
      // |a - b|^2 = |a|^2 + |b|^2 - 2ab; in double precision nothing of a float32 is lost by it, and equal rows give 0.
      return -Math.sqrt(Math.max(term + otherTerm - 2 * sum, 0));
    case "manhattan":
      return -sum;
  }
}

/** Sums of products of four rows with two others, which `sums` has side by side. */
function sumProducts(
  rows: Float32Array,
  starts: readonly number[],
  others: Float32Array,
  start0: number,
  start1: number,
  dimension: number,
  sums: Float64Array,
): void {
  let [a0, a1, a2, a3] = starts as [number, number, number, number];
  let s00 = 0,
    s01 = 0,
    s10 = 0,
    s11 = 0,
    s20 = 0,
    s21 = 0,
    s30 = 0,
    s31 = 0;
  for (let b0 = start0, b1 = start1, end = start0 + dimension; b0 < end; b0++, b1++) {
    const x0 = rows[a0++]!;
    const x1 = rows[a1++]!;
    const x2 = rows[a2++]!;
    const x3 = rows[a3++]!;
    const y0 = others[b0]!;
    const y1 = others[b1]!;
    s00 += x0 * y0;
    s01 += x0 * y1;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s20 += x2 * y0;
    s21 += x2 * y1;
    s30 += x3 * y0;
    s31 += x3 * y1;
  }
  sums.set([s00, s01, s10, s11, s20, s21, s30, s31]);
}

/** As `sumProducts`, of absolute differences. */
function sumDistances(
  rows: Float32Array,
  starts: readonly number[],
  others: Float32Array,
  start0: number,
  start1: number,
  dimension: number,
  sums: Float64Array,
): void {
  for (const [row, start] of starts.entries()) {
    sums[2 * row] = distanceOf(rows, start, others, start0, dimension);
    sums[2 * row + 1] = distanceOf(rows, start, others, start1, dimension);
  }
}

function distanceOf(a: Float32Array, startA: number, b: Float32Array, startB: number, dimension: number): number {
  let sum = 0;
  for (let i = startA, j = startB, end = startA + dimension; i < end; i++, j++) sum += Math.abs(a[i]! - b[j]!);
  return sum;
}
