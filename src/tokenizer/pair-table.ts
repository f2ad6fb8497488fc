/** A number for each of many pairs of integers from 0 on: a hash table in flat arrays, half full at most. */

export class PairTable {
  readonly #lefts: Int32Array;
  readonly #rights: Int32Array;
  readonly #values: Int32Array;
  /** A random seed for each table, so that no file can be crafted whose pairs collide. */
  readonly #seed = Math.floor(Math.random() * 2 ** 31) | 1;

  /** @param most pairs that it will hold */
  constructor(most: number) {
    const length = 2 ** Math.ceil(Math.log2(2 * most + 2));
    this.#lefts = new Int32Array(length).fill(-1);
    this.#rights = new Int32Array(length);
    this.#values = new Int32Array(length);
  }

  /** @param value an integer of 32 bits, in place of one that was set before */
  set(left: number, right: number, value: number): void {
    const slot = this.#slot(left, right);
    this.#lefts[slot] = left;
    this.#rights[slot] = right;
    this.#values[slot] = value;
  }

  has(left: number, right: number): boolean {
    return this.#lefts[this.#slot(left, right)] === left;
  }

  /** The number of a pair, or -1. */
  get(left: number, right: number): number {
    const slot = this.#slot(left, right);
    return this.#lefts[slot] === left ? this.#values[slot]! : -1;
  }

  /** The slot of a pair, or the free one for it. */
  #slot(left: number, right: number): number {
    const mask = this.#lefts.length - 1;
    let hash = Math.imul(left ^ Math.imul(right + 1, this.#seed), 0x9e3779b1);
    hash ^= hash >>> 15;
    hash = Math.imul(hash, this.#seed);
    let slot = (hash ^ (hash >>> 13)) & mask;
    while (this.#lefts[slot]! >= 0 && (this.#lefts[slot] !== left || this.#rights[slot] !== right)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}
