/**
 * Squared Euclidean distances of many embeddings to many, all of them: products in float32 by WebAssembly, and where those
 * leave fewer than four digits of a distance, because it is small beside the vectors, a sum of squares in double precision.
 *
 * The bound of what float32 loses is that of `search/exact-similarity.ts`; what it loses is usually a hundredth of that.
 */

import type { Yielder } from "../common/yielder.ts";
import { rowsInGroup } from "../search/kernel-code.ts";
import { ScoreKernel } from "../search/score-kernel.ts";
import type { Embeddings } from "../tensor/embeddings.ts";

const fourDigits = 2 ** -13;

export class SquaredDistances {
  readonly #kernel: ScoreKernel;
  readonly #yielder: Yielder;
  /** Times the sum of both squared lengths: up to there a distance is summed again. */
  readonly #unsure: number;

  constructor(dimension: number, yielder: Yielder) {
    this.#kernel = new ScoreKernel("products", dimension);
    this.#yielder = yielder;
    // (|a| + |b|)^2 is at most 2 (|a|^2 + |b|^2).
    this.#unsure = (2 * (2 * dimension + 16) * 2 ** -24) / fourDigits;
  }

  /** @param visit is told each distance, by the positions of query and row; all numbers must be finite */
  async visit(
    queries: Embeddings,
    rows: Embeddings,
    visit: (query: number, row: number, squaredDistance: number) => void,
  ): Promise<void> {
    const { squares } = this.#kernel;
    const querySquares = Float64Array.from(queries, squaredLength);
    let start = 0;
    let next = 0;
    await this.#kernel.scan(rows, queries, new Float64Array(queries.count).fill(Number.NEGATIVE_INFINITY), {
      yielder: this.#yielder,
      startBlock: (count) => {
        this.#setTerms(count);
        start = next;
        next += count;
      },
      inspect: (query, row, score) => {
        const both = squares[row - start]! + querySquares[query]!;
        const distance = score + querySquares[query]!;
        // Written so that what is no float32 is summed again.
        const isSure = distance > this.#unsure * both && both < 1e37;
        visit(query, row, isSure ? distance : squaredDistance(queries, query, rows, row));
      },
    });
  }

  /** A score is then |row|^2 - 2 row query. */
  #setTerms(count: number): void {
    const { squares, terms } = this.#kernel;
    this.#kernel.sumSquares(count);
    for (let row = 0; row < count; row++) {
      const at = 2 * row - (row % rowsInGroup);
      terms[at] = -2;
      terms[at + rowsInGroup] = squares[row]!;
    }
  }
}

function squaredDistance(a: Embeddings, rowA: number, b: Embeddings, rowB: number): number {
  const { dimension } = a;
  let squares = 0;
  for (let i = rowA * dimension, j = rowB * dimension, end = i + dimension; i < end; i++, j++) {
    const difference = a.data[i]! - b.data[j]!;
    squares += difference * difference;
  }
  return squares;
}

function squaredLength(row: Float32Array): number {
  let squares = 0;
  for (const value of row) squares += value * value;
  return squares;
}
