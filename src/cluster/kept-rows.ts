/** A store of rows that grows: in pieces, so that none is ever copied. */
import { Embeddings } from "../tensor/embeddings.ts";

const fewestInPiece = 1024;
const mostInPiece = 65_536;

export class KeptRows {
  readonly #dimension: number;
  readonly #full: Embeddings[] = [];
  #last = new Float32Array(0);
  #used = 0;
  #count = 0;

  constructor(dimension: number) {
    this.#dimension = dimension;
  }

  add(row: Float32Array): void {
    if (this.#used === this.#last.length) {
      if (this.#used > 0) this.#full.push(this.#lastPiece());
      // As many again as there are: at most half of the room is empty.
      const rows = Math.min(Math.max(this.#count, fewestInPiece), mostInPiece);
      this.#last = new Float32Array(rows * this.#dimension);
      this.#used = 0;
    }
    this.#last.set(row, this.#used);
    this.#used += row.length;
    this.#count++;
  }

  /** All rows, in order: views of the store. */
  pieces(): Embeddings[] {
    return this.#used === 0 ? this.#full : [...this.#full, this.#lastPiece()];
  }

  #lastPiece(): Embeddings {
    return new Embeddings(this.#last.subarray(0, this.#used), this.#used / this.#dimension, this.#dimension);
  }
}
