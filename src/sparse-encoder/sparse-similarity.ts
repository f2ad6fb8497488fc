/**
 * Similarity of sparse embeddings, as that of dense ones with all their zeros. Source: sentence-transformers 6.2,
 * `util/similarity.py`.
 */
import { HpdError } from "../errors.ts";
import type { SimilarityFunction } from "../similarity/similarity.ts";
import { Matrix } from "../tensor/matrix.ts";
import {
  requireSparseVector,
  SparseEmbeddings,
  type SparseVector,
  type SparseVectorLike,
} from "./sparse-embeddings.ts";

/** Sparse embeddings, or a single one. */
export type SparseLike = SparseEmbeddings | SparseVectorLike;

/** Rows of `dimension`. @throws HpdError `invalid_argument` for anything else */
export function asSparseEmbeddings(given: SparseLike, dimension: number): SparseEmbeddings {
  if (Array.isArray(given)) {
    throw new HpdError(
      "invalid_argument",
      "an array of embeddings should be SparseEmbeddings: SparseEmbeddings.fromRows",
    );
  }
  if (!(given instanceof SparseEmbeddings)) {
    requireSparseVector(given, dimension, "a sparse embedding");
    return SparseEmbeddings.fromRows([given], dimension);
  }
  if (given.dimension === dimension || given.count === 0) return given;
  throw new HpdError(
    "invalid_argument",
    `embeddings of dimension ${given.dimension} and ${dimension} can't be compared: are both from one model?`,
  );
}

/** Every row of `a` to every one of `b`: `[a.count, b.count]`. */
export function sparseSimilarity(a: SparseEmbeddings, b: SparseEmbeddings, name: SimilarityFunction): Matrix {
  const others = Array.from(b, measured);
  const scores = new Float32Array(a.count * others.length);
  const whole = new Float32Array(a.dimension);
  for (let index = 0, at = 0; index < a.count; index++) {
    const row = measured(a.row(index));
    expand(row, whole);
    for (const other of others) scores[at++] = compare[name](row, whole, other);
    clear(row, whole);
  }
  return new Matrix(scores, a.count, b.count);
}

/** Each row of `a` to the one of `b` in the same place: `[count]`. @throws HpdError `invalid_argument` */
export function sparseSimilarityPairwise(
  a: SparseEmbeddings,
  b: SparseEmbeddings,
  name: SimilarityFunction,
): Float32Array {
  if (a.count !== b.count) {
    throw new HpdError("invalid_argument", `pairs need equal counts of embeddings, got ${a.count} and ${b.count}`);
  }
  const whole = new Float32Array(a.dimension);
  return Float32Array.from({ length: a.count }, (_, index) => {
    const row = measured(a.row(index));
    expand(row, whole);
    const score = compare[name](row, whole, measured(b.row(index)));
    clear(row, whole);
    return score;
  });
}

interface Measured extends SparseVector {
  /** The length, never 0. */
  readonly norm: number;
}

function measured({ indices, values }: SparseVector): Measured {
  return { indices, values, norm: Math.max(length({ indices, values }), 1e-12) };
}

/** Writes a row among the zeros of `whole`. */
function expand({ indices, values }: SparseVector, whole: Float32Array): void {
  for (let at = 0; at < indices.length; at++) whole[indices[at]!] = values[at]!;
}

function clear({ indices }: SparseVector, whole: Float32Array): void {
  for (const index of indices) whole[index] = 0;
}

/** Compares a row, which is in `whole` too, with another. */
type Compare = (row: Measured, whole: Float32Array, other: Measured) => number;

const compare: Readonly<Record<SimilarityFunction, Compare>> = {
  dot: (_, whole, other) => dot(whole, other),
  cosine: (row, whole, other) => dot(whole, other) / (row.norm * other.norm),
  euclidean: (row, whole, other) => -Math.sqrt(sumOfDistances(row, whole, other, (x) => x * x)),
  manhattan: (row, whole, other) => -sumOfDistances(row, whole, other, Math.abs),
};

function dot(whole: Float32Array, { indices, values }: SparseVector): number {
  let sum = 0;
  for (let at = 0; at < indices.length; at++) sum += whole[indices[at]!]! * values[at]!;
  return sum;
}

/** The L2 norm. */
export function length({ values }: SparseVector): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

/** The sum of `term` of the differences in the dimensions that are active in either. */
function sumOfDistances(
  row: SparseVector,
  whole: Float32Array,
  other: SparseVector,
  term: (difference: number) => number,
): number {
  let sum = 0;
  for (let at = 0; at < other.indices.length; at++) {
    const index = other.indices[at]!;
    sum += term(whole[index]! - other.values[at]!);
    whole[index] = 0;
  }
  // What `other` has is 0 now: the dimensions of the row alone are left.
  for (let at = 0; at < row.indices.length; at++) {
    const index = row.indices[at]!;
    sum += term(whole[index]!);
    whole[index] = row.values[at]!;
  }
  return sum;
}

/** The products of what is active in both, where they are positive. Source: `SparseEncoder.intersection`. */
export function intersection(a: SparseVector, b: SparseVector): SparseVector {
  const [indices, values]: [number[], number[]] = [[], []];
  for (let left = 0, right = 0; left < a.indices.length && right < b.indices.length; ) {
    const [first, second] = [a.indices[left]!, b.indices[right]!];
    const product = a.values[left]! * b.values[right]!;
    if (first === second && product > 0) {
      indices.push(first);
      values.push(product);
    }
    if (first <= second) left++;
    if (second <= first) right++;
  }
  return { indices: Uint32Array.from(indices), values: Float32Array.from(values) };
}
