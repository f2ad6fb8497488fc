/** A growing list of rows, in blocks, so that no row is copied again. */
import type { Block } from "../search/blocks.ts";
import { Embeddings } from "../tensor/embeddings.ts";

const fewestInBlock = 1024;
const mostInBlock = 65_536;

export class KeptRows {
  readonly #dimension: number;
  readonly #full: Block[] = [];
  #last = new Float32Array(0);
  #used = 0;
  #count = 0;

  constructor(dimension: number) {
    this.#dimension = dimension;
  }

  add(row: Float32Array): void {
    if (this.#used === this.#last.length) {
      if (this.#used > 0) this.#full.push(this.#lastBlock());
      // As many again as there are: at most half of the memory is unused.
      const rows = Math.min(Math.max(this.#count, fewestInBlock), mostInBlock);
      this.#last = new Float32Array(rows * this.#dimension);
      this.#used = 0;
    }
    this.#last.set(row, this.#used);
    this.#used += row.length;
    this.#count++;
  }

  /** All rows, in order, as views. */
  blocks(): Block[] {
    return this.#used === 0 ? this.#full : [...this.#full, this.#lastBlock()];
  }

  #lastBlock(): Block {
    const count = this.#used / this.#dimension;
    const block = new Embeddings(this.#last.subarray(0, this.#used), count, this.#dimension);
    return { block, start: this.#count - count };
  }
}
