/**
 * Similarities of queries in two precisions: float32, which is fast, and exact. A pair is scored exactly only if its
 * float32 score says that it could be among the hits, so hits don't depend on how, and in which order, float32 sums
 * were made.
 *
 * The float32 score of a query and a row is a sum of products, times a factor of the row, plus a summand of the row; it
 * grows with the similarity. Its distance from the exact value is bounded by the usual bound of a sum of n products in
 * any order, n 2^-24 |a| |b| (Higham, Accuracy and Stability of Numerical Algorithms, 3.1), doubled for the rounding of
 * all else.
 */
import type { SimilarityFunction } from "../similarity/similarity.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import { type PreparedRows, prepareRows, scorePair, termOf } from "./exact-score.ts";

/** Bounds of the numbers for which float32 has its relative precision. */
const tiny = 1e-36;
const huge = 1e37;

export class ExactSimilarity {
  readonly queries: Embeddings;
  /** Queries for the float32 sums: of length 1 for cosine. */
  readonly scaledQueries: Embeddings;
  readonly #prepared: PreparedRows;
  readonly #precision: number;

  /** @throws HpdError `invalid_argument` for a query that holds a number that is not finite */
  constructor(queries: Embeddings, similarityFunction: SimilarityFunction) {
    const { data, count, dimension } = queries;
    this.queries = queries;
    this.#prepared = prepareRows(queries, similarityFunction, "query");
    this.#precision = (2 * dimension + 16) * 2 ** -24;
    this.scaledQueries = queries;
    if (similarityFunction !== "cosine") return;
    this.scaledQueries = new Embeddings(data.slice(), count, dimension);
    for (let query = 0, i = 0; query < count; query++) {
      for (const end = i + dimension; i < end; i++) this.scaledQueries.data[i]! *= this.#prepared.terms[query]!;
    }
  }

  /**
   * The factor and the summand of the float32 scores of a row. Not a number if the row's squared length overflows
   * float32: whether the row itself is not finite, its exact scores show.
   */
  termsOf(squares: number): [factor: number, summand: number] {
    if (!Number.isFinite(squares)) return [Number.NaN, Number.NaN];
    const { similarityFunction } = this.#prepared;
    if (similarityFunction === "cosine") return [termOf("cosine", squares), 0];
    return [1, similarityFunction === "euclidean" ? -squares / 2 : 0];
  }

  /**
   * The float32 score below which a row is not more similar than `threshold`.
   *
   * @param longest an upper bound of the length of each row
   */
  limit(query: number, threshold: number, longest: number): number {
    const isEuclidean = this.#prepared.similarityFunction === "euclidean";
    const score = isEuclidean ? (this.#prepared.terms[query]! - threshold ** 2) / 2 : threshold;
    return score - this.#error(query, score, longest);
  }

  /** The float32 score below which a row is less similar than the one with the score `largest`. */
  limitOfOne(query: number, largest: number, longest: number): number {
    // An error of each of the two, and one that is far more than the rounding of similarities.
    return largest - 3 * this.#error(query, largest, longest);
  }

  /** The largest error of a float32 score. */
  #error(query: number, score: number, longest: number): number {
    const length = Math.sqrt(this.#prepared.terms[query]!);
    switch (this.#prepared.similarityFunction) {
      case "cosine":
        return this.#precision;
      case "dot":
        // Sums that may overflow float32 say nothing.
        return length * longest > huge ? Number.POSITIVE_INFINITY : this.#precision * length * longest + tiny;
      case "euclidean":
        if ((length + longest) ** 2 > huge) return Number.POSITIVE_INFINITY;
        return this.#precision * (length + longest) ** 2 + tiny;
      case "manhattan":
        return this.#precision * Math.abs(score) + tiny;
    }
  }

  /** The exact score of a query and a row: `scorePair`. */
  score(query: number, rows: Embeddings, row: number): number {
    return scorePair(this.#prepared, query, rows, row);
  }
}
