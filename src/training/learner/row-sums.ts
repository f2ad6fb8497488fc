/** The sparse gradient of a table: a sum for each row that was used. */
import type { RowGradients } from "./messages.ts";

export class RowSums {
  readonly #width: number;
  readonly #sums = new Map<number, Float32Array>();

  constructor(width: number) {
    this.#width = width;
  }

  /** Adds the gradients of a thread's own rows: those whose number modulo `threads` is `index`. */
  add({ ids, gradients }: RowGradients[number], index: number, threads: number): void {
    const width = this.#width;
    for (let use = 0; use < ids.length; use++) {
      const row = ids[use]!;
      if (row % threads !== index) continue;
      const gradient = gradients.subarray(use * width, (use + 1) * width);
      const sum = this.#sums.get(row);
      if (sum === undefined) this.#sums.set(row, gradient.slice());
      else for (let column = 0; column < width; column++) sum[column]! += gradient[column]!;
    }
  }

  entries(): Iterable<[number, Float32Array]> {
    return this.#sums;
  }

  squares(): number {
    let squares = 0;
    for (const sum of this.#sums.values()) for (const number of sum) squares += number * number;
    return squares;
  }
}
