/** A thread's gradients by the rows of a table, since the last update: growing buffers in shared memory, used again. */
import type { RowGradients } from "./messages.ts";

export class RowBuffer {
  readonly #width: number;
  #ids = new Int32Array(new SharedArrayBuffer(0));
  #gradients = new Float32Array(new SharedArrayBuffer(0));
  #count = 0;

  constructor(width: number) {
    this.#width = width;
  }

  clear(): void {
    this.#count = 0;
  }

  /** Appends rows. @returns the buffer for their gradients: [rows, width] */
  add(ids: Int32Array): Float32Array {
    const start = this.#count;
    this.#count += ids.length;
    if (this.#count > this.#ids.length) this.#grow(start);
    this.#ids.set(ids, start);
    return this.#gradients.subarray(start * this.#width, this.#count * this.#width);
  }

  get content(): RowGradients[number] {
    return {
      ids: this.#ids.subarray(0, this.#count),
      gradients: this.#gradients.subarray(0, this.#count * this.#width),
    };
  }

  #grow(used: number): void {
    const capacity = 2 * this.#count;
    const ids = new Int32Array(new SharedArrayBuffer(4 * capacity));
    const gradients = new Float32Array(new SharedArrayBuffer(4 * capacity * this.#width));
    ids.set(this.#ids.subarray(0, used));
    gradients.set(this.#gradients.subarray(0, used * this.#width));
    this.#ids = ids;
    this.#gradients = gradients;
  }
}
