/**
 * Similarity of sparse embeddings, as that of dense ones with all their zeros. Source: sentence-transformers 6.2,
 * `util/similarity.py`.
 */
import { HpdError } from "../errors.ts";
import type { SimilarityFunction } from "../similarity/similarity.ts";
import { Matrix } from "../tensor/matrix.ts";
import { requireSparseVector, SparseEmbeddings, type SparseVector } from "./sparse-embeddings.ts";

/** Sparse embeddings, or a single one. */
export type SparseLike = SparseEmbeddings | SparseVector;

/** Rows of `dimension`. @throws HpdError `invalid_argument` for anything else */
export function asSparseEmbeddings(given: SparseLike, dimension: number): SparseEmbeddings {
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
  const [left, right] = [[...a], [...b]];
  const scores = left.flatMap((row) => right.map((other) => compare[name](row, other)));
  return new Matrix(Float32Array.from(scores), a.count, b.count);
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
  return Float32Array.from({ length: a.count }, (_, index) => compare[name](a.row(index), b.row(index)));
}

const compare: Readonly<Record<SimilarityFunction, (a: SparseVector, b: SparseVector) => number>> = {
  dot,
  cosine: (a, b) => dot(a, b) / (Math.max(length(a), 1e-12) * Math.max(length(b), 1e-12)),
  euclidean: (a, b) => -Math.sqrt(sumOfUnion(a, b, (x, y) => (x - y) ** 2)),
  manhattan: (a, b) => -sumOfUnion(a, b, (x, y) => Math.abs(x - y)),
};

function dot(a: SparseVector, b: SparseVector): number {
  return sumOfUnion(a, b, (x, y) => x * y);
}

/** The L2 norm. */
export function length({ values }: SparseVector): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

/** The sum of `term` over the dimensions that are active in either. */
function sumOfUnion(a: SparseVector, b: SparseVector, term: (x: number, y: number) => number): number {
  let [sum, left, right] = [0, 0, 0];
  while (left < a.indices.length || right < b.indices.length) {
    const first = a.indices[left] ?? Number.POSITIVE_INFINITY;
    const second = b.indices[right] ?? Number.POSITIVE_INFINITY;
    sum += term(first <= second ? a.values[left]! : 0, second <= first ? b.values[right]! : 0);
    if (first <= second) left++;
    if (second <= first) right++;
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
