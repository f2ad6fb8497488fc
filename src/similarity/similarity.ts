/**
 * Similarity of embeddings. Euclidean and Manhattan are negated distances, so that more is always more similar.
 * Source: `sentence_transformers.util.similarity` (`cos_sim`, `dot_score`, `euclidean_sim`, `manhattan_sim` and
 * their pairwise forms).
 */
import { requireOneOf } from "../common/arguments.ts";
import { describe } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { Matrix } from "../tensor/matrix.ts";
import { asEmbeddings, type EmbeddingsLike } from "./as-embeddings.ts";
import { normalizeRows } from "./normalize.ts";
import { sumTile, tileOthers, tileRows } from "./product-tile.ts";

const compare = { cosine: dot, dot, euclidean, manhattan };

export type SimilarityFunction = keyof typeof compare;

export const similarityFunctions = Object.keys(compare) as readonly SimilarityFunction[];

/**
 * @param where for the message: who asks for it
 * @throws HpdError `unsupported` for a name that is not a similarity function.
 */
export function asSimilarityFunction(name: unknown, where: string): SimilarityFunction {
  if (typeof name === "string" && Object.hasOwn(compare, name)) return name as SimilarityFunction;
  throw new HpdError(
    "unsupported",
    `${where}: the similarity function ${describe(name)} is not known; known are ${similarityFunctions.join(", ")}`,
  );
}

/**
 * Similarity of every embedding of `a` to every one of `b`: `[a.count, b.count]`. A zero vector has cosine 0 to everything,
 * itself included.
 *
 * @throws HpdError `invalid_argument` where the dimensions differ, and for a function that is not known
 */
export function similarity(a: EmbeddingsLike, b: EmbeddingsLike, name: SimilarityFunction = "cosine"): Matrix {
  const [left, right] = prepare(a, b, name);
  const scores = new Matrix(new Float32Array(left.count * right.count), left.count, right.count);
  const score = compare[name];
  if (score === dot) writeProducts(left, right, scores);
  else {
    const others = [...right];
    for (let index = 0; index < left.count; index++) {
      const [row, similarities] = [left.row(index), scores.row(index)];
      for (let other = 0; other < others.length; other++) similarities[other] = score(row, others[other]!);
    }
  }
  return scores;
}

function writeProducts(left: Embeddings, right: Embeddings, { data, columns }: Matrix): void {
  for (let row = 0; row < left.count; row += tileRows) {
    for (let other = 0; other < right.count; other += tileOthers) {
      const sums = sumTile(left, row, right, other);
      for (let next = 0; next < Math.min(tileRows, left.count - row); next++) {
        const at = (row + next) * columns + other;
        data[at] = sums[tileOthers * next]!;
        if (other + 1 < columns) data[at + 1] = sums[tileOthers * next + 1]!;
      }
    }
  }
}

/**
 * Similarity of each embedding of `a` to the one of `b` in the same place: `[count]`.
 *
 * @throws HpdError `invalid_argument` where counts or dimensions differ.
 */
export function similarityPairwise(
  a: EmbeddingsLike,
  b: EmbeddingsLike,
  name: SimilarityFunction = "cosine",
): Float32Array {
  const [left, right] = prepare(a, b, name);
  if (left.count !== right.count) {
    throw new HpdError(
      "invalid_argument",
      `pairs need equal counts of embeddings, got ${left.count} and ${right.count}`,
    );
  }
  return Float32Array.from(left, (row, index) => compare[name](row, right.row(index)));
}

function prepare(a: EmbeddingsLike, b: EmbeddingsLike, name: SimilarityFunction): [Embeddings, Embeddings] {
  requireOneOf("similarityFunction", name, similarityFunctions);
  const sides: [Embeddings, Embeddings] = [asEmbeddings(a), asEmbeddings(b)];
  requireSameDimension(...sides);
  return name === "cosine" ? [normalizeRows(sides[0]), normalizeRows(sides[1])] : sides;
}

/** @throws HpdError `invalid_argument` */
export function requireSameDimension(a: Embeddings, b: Embeddings): void {
  // Of an empty array nobody knows the dimension.
  if (a.dimension === b.dimension || [a, b].some(({ count, dimension }) => count === 0 && dimension === 0)) return;
  throw new HpdError(
    "invalid_argument",
    `embeddings of dimension ${a.dimension} and ${b.dimension} can't be compared: are both from one model?`,
  );
}

function dot(a: Float32Array, b: Float32Array): number {
  let product = 0;
  for (let i = 0; i < a.length; i++) product += a[i]! * b[i]!;
  return product;
}

function euclidean(a: Float32Array, b: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += (a[i]! - b[i]!) ** 2;
  return -Math.sqrt(squares);
}

function manhattan(a: Float32Array, b: Float32Array): number {
  let distance = 0;
  for (let i = 0; i < a.length; i++) distance += Math.abs(a[i]! - b[i]!);
  return -distance;
}
