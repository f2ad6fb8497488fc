/**
 * All squared Euclidean distances between many embeddings: products in float32 by WebAssembly, and a sum of squares in
 * double precision where those leave fewer than four digits, because the distance is small beside the lengths of the
 * vectors.
 *
 * The bound of the rounding error is that of `search/exact-similarity.ts`; the error is usually a hundredth of it.
 */

import type { Yielder } from "../common/yielder.ts";
import { rowsInGroup } from "../search/kernel-code.ts";
import { ScoreKernel } from "../search/score-kernel.ts";
import type { Embeddings } from "../tensor/embeddings.ts";

const fourDigits = 2 ** -13;

export class SquaredDistances {
  readonly #kernel: ScoreKernel;
  readonly #yielder: Yielder;
  /** Share of the sum of both squared lengths up to which a distance is computed in double precision. */
  readonly #imprecise: number;

  constructor(dimension: number, yielder: Yielder) {
    this.#kernel = new ScoreKernel("products", dimension);
    this.#yielder = yielder;
    // (|a| + |b|)^2 is at most 2 (|a|^2 + |b|^2).
    this.#imprecise = (2 * (2 * dimension + 16) * 2 ** -24) / fourDigits;
  }

  /** Calls `visit` with the indices of each query and row and their distance. All numbers must be finite. */
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
        // The comparisons are false for overflow of float32.
        const isPrecise = distance > this.#imprecise * both && both < 1e37;
        visit(query, row, isPrecise ? distance : squaredDistance(queries, query, rows, row));
      },
    });
  }

  /** Sets the terms of the kernel so that a score is |row|^2 - 2 row query. */
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
