/**
 * The scores that searches return: similarities of two rows, computed in double precision and rounded to float32, whose
 * largest number stands for what is beyond it. They equal those of `similarity` but for the last bit, and s(a, b) equals
 * s(b, a) to the last bit.
 */
import { notFinite } from "../similarity/require-finite.ts";
import type { SimilarityFunction } from "../similarity/similarity.ts";
import type { Embeddings } from "../tensor/embeddings.ts";

/** Embeddings, and what their similarities to others are made of beside the numbers. */
export interface PreparedRows {
  readonly embeddings: Embeddings;
  readonly similarityFunction: SimilarityFunction;
  /** `[count]`: `termOf` each row. */
  readonly terms: Float64Array;
}

/**
 * @param what the name of a row in messages
 * @throws HpdError `invalid_argument` for a row that holds a number that is not finite
 */
export function prepareRows(
  embeddings: Embeddings,
  similarityFunction: SimilarityFunction,
  what = "embedding",
): PreparedRows {
  const { data, count, dimension } = embeddings;
  const terms = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    let squares = 0;
    for (let i = row * dimension; i < (row + 1) * dimension; i++) squares += data[i]! * data[i]!;
    if (!Number.isFinite(squares)) throw notFinite(`${what} ${row}`);
    terms[row] = termOf(similarityFunction, squares);
  }
  return { embeddings, similarityFunction, terms };
}

/**
 * The similarity of a prepared row to another one.
 *
 * @returns not a number if the other row holds a number that is not finite, and only then
 */
export function scorePair(rows: PreparedRows, row: number, others: Embeddings, other: number): number {
  const { embeddings, similarityFunction, terms } = rows;
  const sum = similarityFunction === "manhattan" ? sumDistances : sumProducts;
  const { value, squares } = sum(embeddings, row, others, other);
  if (!Number.isFinite(squares)) return Number.NaN;
  const term = termOf(similarityFunction, squares);
  return Math.fround(similarityOf(similarityFunction, value, terms[row]!, term));
}

/** The term of a row in `similarityOf`: 1 / length for cosine, else the squared length. */
export function termOf(similarityFunction: SimilarityFunction, squares: number): number {
  // A zero vector has cosine 0 to everything.
  return similarityFunction === "cosine" ? 1 / Math.max(Math.sqrt(squares), 1e-12) : squares;
}

/**
 * @param sum of the products of two rows or, for manhattan, of their absolute differences
 * @param term of the rows: `termOf`
 */
export function similarityOf(
  similarityFunction: SimilarityFunction,
  sum: number,
  term: number,
  otherTerm: number,
): number {
  switch (similarityFunction) {
    case "cosine":
      return sum * (term * otherTerm);
    case "dot":
      return withinFloat32(sum);
    case "euclidean":
      // |a - b|^2 = |a|^2 + |b|^2 - 2ab; in double precision nothing of a float32 is lost by it, and equal rows give 0.
      return withinFloat32(-Math.sqrt(Math.max(term + otherTerm - 2 * sum, 0)));
    case "manhattan":
      return withinFloat32(-sum);
  }
}

/** Infinity instead would be no hit: nothing is less similar than that. */
function withinFloat32(similarity: number): number {
  return Math.max(-largestFloat32, Math.min(largestFloat32, similarity));
}

const largestFloat32 = (2 - 2 ** -23) * 2 ** 127;

/**
 * A sum over the numbers of two rows, and the squared length of the second row. There are two loops, since one with a
 * condition inside takes 1.3 to 2.5 times as long.
 */
interface PairSum {
  readonly value: number;
  readonly squares: number;
}

function sumProducts(a: Embeddings, row: number, b: Embeddings, other: number): PairSum {
  const { data: left, dimension } = a;
  const { data: right } = b;
  let value = 0;
  let squares = 0;
  for (let i = row * dimension, j = other * dimension, end = i + dimension; i < end; i++, j++) {
    const y = right[j]!;
    value += left[i]! * y;
    squares += y * y;
  }
  return { value, squares };
}

function sumDistances(a: Embeddings, row: number, b: Embeddings, other: number): PairSum {
  const { data: left, dimension } = a;
  const { data: right } = b;
  let value = 0;
  let squares = 0;
  for (let i = row * dimension, j = other * dimension, end = i + dimension; i < end; i++, j++) {
    const y = right[j]!;
    value += Math.abs(left[i]! - y);
    squares += y * y;
  }
  return { value, squares };
}
