/**
 * Similarities twice over: quickly in float32, and exactly. A pair is scored exactly only where its float32 score says
 * that it could be among the hits, so hits don't depend on how, and in which order, float32 sums were made.
 *
 * The float32 score of a query and a row is a sum of products, times a number of the row's, plus another; it grows with
 * the similarity. Its distance from the exact value is bounded by the usual bound of a sum of n products in any order,
 * n 2^-24 |a| |b| (Higham, Accuracy and Stability of Numerical Algorithms, 3.1), doubled for the rounding of all else.
 */
import type { SimilarityFunction } from "../similarity/similarity.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import { prepareRows, similarityOf, termOf } from "./score-block.ts";

/** Where float32 has no relative precision any more, and where it ends. */
const tiny = 1e-36;
const huge = 1e37;

export class ExactSimilarity {
  readonly queries: Embeddings;
  /** What the float32 sums are made with: for cosine, queries of length 1. */
  readonly scaledQueries: Embeddings;
  readonly #name: SimilarityFunction;
  /** As of `prepareRows`. */
  readonly #terms: Float64Array;
  readonly #precision: number;

  /** @throws HpdError `invalid_argument` for a query that holds a number that is not finite */
  constructor(queries: Embeddings, name: SimilarityFunction) {
    const { data, count, dimension } = queries;
    this.queries = queries;
    this.#name = name;
    this.#terms = prepareRows(queries, name, "query").terms;
    this.#precision = (2 * dimension + 16) * 2 ** -24;
    this.scaledQueries = queries;
    if (name !== "cosine") return;
    this.scaledQueries = new Embeddings(data.slice(), count, dimension);
    for (let query = 0, i = 0; query < count; query++) {
      for (const end = i + dimension; i < end; i++) this.scaledQueries.data[i]! *= this.#terms[query]!;
    }
  }

  /**
   * What the sum of a row's products is multiplied by, and what is then added. Not a number for a row whose squares are
   * not one in float32: whether the row itself is at fault, its exact scores show.
   */
  termsOf(squares: number): [factor: number, summand: number] {
    if (!Number.isFinite(squares)) return [Number.NaN, Number.NaN];
    if (this.#name === "cosine") return [termOf("cosine", squares), 0];
    return [1, this.#name === "euclidean" ? -squares / 2 : 0];
  }

  /**
   * The float32 score below which a row is not more alike than `threshold`.
   *
   * @param longest at least the length of each row in question
   */
  limit(query: number, threshold: number, longest: number): number {
    const term = this.#terms[query]!;
    const length = Math.sqrt(term);
    switch (this.#name) {
      case "cosine":
        return threshold - this.#precision;
      case "dot":
        // Sums that are no float32 say nothing.
        if (length * longest > huge) return Number.NEGATIVE_INFINITY;
        return threshold - this.#precision * length * longest - tiny;
      case "euclidean":
        if ((length + longest) ** 2 > huge) return Number.NEGATIVE_INFINITY;
        return (term - threshold ** 2) / 2 - this.#precision * (length + longest) ** 2 - tiny;
      case "manhattan":
        return threshold * (1 + this.#precision) - tiny;
    }
  }

  /**
   * Of a query and one row of `data`, in double precision and then rounded; equal to that of `scoreBlock`. Not a number for a
   * row that holds a number that is not finite, and only for such a row.
   */
  score(query: number, data: Float32Array, row: number): number {
    const { dimension } = this.queries;
    const sum = this.#name === "manhattan" ? sumDistances : sumProducts;
    const [value, squares] = sum(this.queries.data, query * dimension, data, row * dimension, dimension);
    if (!Number.isFinite(squares)) return Number.NaN;
    return Math.fround(similarityOf(this.#name, value, this.#terms[query]!, termOf(this.#name, squares)));
  }
}

/** Of a row with another, and the squared length of the other. */
type Sum = (
  a: Float32Array,
  startA: number,
  b: Float32Array,
  startB: number,
  dimension: number,
) => [value: number, squares: number];

const sumProducts: Sum = (a, startA, b, startB, dimension) => {
  let products = 0;
  let squares = 0;
  for (let i = startA, j = startB, end = startA + dimension; i < end; i++, j++) {
    const y = b[j]!;
    products += a[i]! * y;
    squares += y * y;
  }
  return [products, squares];
};

const sumDistances: Sum = (a, startA, b, startB, dimension) => {
  let distances = 0;
  let squares = 0;
  for (let i = startA, j = startB, end = startA + dimension; i < end; i++, j++) {
    const y = b[j]!;
    distances += Math.abs(a[i]! - y);
    squares += y * y;
  }
  return [distances, squares];
};
