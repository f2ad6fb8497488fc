/**
 * The search that `semanticSearch` and `paraphraseMining` share: the nearest of float32 embeddings, exactly. WebAssembly
 * finds which rows could be among the hits; where there is much to do, the runtime's threads do.
 */
import type { SimilarityFunction } from "../similarity/similarity.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { ExactSimilarity } from "./exact-similarity.ts";
import { rowsInGroup, ScoreKernel } from "./score-kernel.ts";
import type { TopK } from "./top-k.ts";
import type { Turns } from "./turns.ts";

export class FloatSearch {
  readonly #kernel: ScoreKernel;
  readonly #name: SimilarityFunction;
  readonly #turns: Turns;

  constructor(name: SimilarityFunction, dimension: number, turns: Turns) {
    this.#kernel = new ScoreKernel(name === "manhattan" ? "distances" : "products", dimension);
    this.#name = name;
    this.#turns = turns;
  }

  /**
   * Adds the hits of each query among the rows to `best`.
   *
   * @param firstId of the first row
   * @throws HpdError `invalid_argument` for a number that is not finite
   */
  async search(queries: Embeddings, rows: Embeddings, firstId: number, best: TopK): Promise<void> {
    const kernel = this.#kernel;
    const similarity = new ExactSimilarity(queries, this.#name);
    const limits = new Float64Array(kernel.queriesAtOnce);
    for (let start = 0; start < rows.count; start += kernel.rowsAtOnce) {
      const end = Math.min(start + kernel.rowsAtOnce, rows.count);
      kernel.loadRows(rows.data, rows.dimension, start, end);
      const longest = this.#setTerms(similarity, end - start);
      for (let first = 0; first < queries.count; first += kernel.queriesAtOnce) {
        const count = Math.min(kernel.queriesAtOnce, queries.count - first);
        kernel.loadQueries(similarity.scaledQueries.data, queries.dimension, first, first + count);
        const limitOf = (query: number) => similarity.limit(first + query, best.threshold(first + query), longest);
        for (let query = 0; query < count; query++) limits[query] = limitOf(query);
        for (let row = start, group = 0; row < end; row += rowsInGroup, group++) {
          kernel.score(group, count);
          for (let query = 0; query < count; query++) {
            // Written so that what is not a number gets looked at.
            if (kernel.maxima[query]! < limits[query]!) continue;
            for (let next = 0; next < rowsInGroup && row + next < end; next++) {
              if (kernel.scores[query * rowsInGroup + next]! < limits[query]!) continue;
              const score = similarity.score(first + query, rows.data, row + next);
              if (score <= best.threshold(first + query)) continue;
              best.add(first + query, firstId + row + next, score);
              limits[query] = limitOf(query);
            }
          }
        }
        if (this.#turns.isDue) await this.#turns.take();
      }
    }
  }

  /** @returns the length of the longest of the loaded rows */
  #setTerms(similarity: ExactSimilarity, count: number): number {
    const { squares, terms } = this.#kernel;
    this.#kernel.sumSquares(count);
    let largest = 0;
    for (let row = 0; row < count; row++) {
      const [factor, summand] = similarity.termsOf(squares[row]!);
      const at = 2 * row - (row % rowsInGroup);
      terms[at] = factor;
      terms[at + rowsInGroup] = summand;
      if (squares[row]! > largest) largest = squares[row]!;
    }
    // Squares of smaller numbers have no precision in float32.
    return Math.max(Math.sqrt(largest), 1e-18);
  }
}
