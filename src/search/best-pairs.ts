/** The best of many scored pairs, each added once, in arrays of fixed size. */

import type { Yielder } from "../common/yielder.ts";
import { sortInSteps } from "./sort-in-steps.ts";

export interface ParaphrasePair {
  readonly score: number;
  /** Positions of the two texts, the lower one first. */
  readonly first: number;
  readonly second: number;
}

export class BestPairs {
  readonly #most: number;
  readonly #scores: Float32Array;
  readonly #firsts: Uint32Array;
  readonly #seconds: Uint32Array;
  #count = 0;
  #floor = Number.NEGATIVE_INFINITY;

  /** @param offered an upper bound of the pairs that will be added */
  constructor(most: number, offered: number) {
    const room = Math.min(Math.ceil(1.5 * most), offered);
    this.#most = most;
    this.#scores = new Float32Array(room);
    this.#firsts = new Uint32Array(room);
    this.#seconds = new Uint32Array(room);
  }

  /** A score that each of the best pairs reaches. */
  get floor(): number {
    return this.#floor;
  }

  add({ score, first, second }: ParaphrasePair): void {
    if (score < this.#floor) return;
    if (this.#count === this.#scores.length) this.#dropWorst();
    this.#scores[this.#count] = score;
    this.#firsts[this.#count] = first;
    this.#seconds[this.#count++] = second;
  }

  /** The best pairs in order; of equal scores the pair with the lower positions first. Yields to the event loop. */
  async sorted(yielder: Yielder): Promise<ParaphrasePair[]> {
    const order = await sortInSteps(this.#count, (a, b) => this.#compare(a, b), yielder);
    const best: ParaphrasePair[] = [];
    await yielder.inSteps(Math.min(this.#most, this.#count), (start, end) => {
      for (const place of order.subarray(start, end)) {
        best.push({ score: this.#scores[place]!, first: this.#firsts[place]!, second: this.#seconds[place]! });
      }
    });
    return best;
  }

  #dropWorst(): void {
    this.#floor = largest(this.#scores.slice(0, this.#count), this.#most);
    const equals: number[] = [];
    let kept = 0;
    for (let place = 0; place < this.#count; place++) {
      if (this.#scores[place] === this.#floor) equals.push(place);
      else if (this.#scores[place]! > this.#floor) kept++;
    }
    const dropped = new Set(equals.sort((a, b) => this.#compare(a, b)).slice(this.#most - kept));
    kept = 0;
    for (let place = 0; place < this.#count; place++) {
      if (this.#scores[place]! < this.#floor || dropped.has(place)) continue;
      this.#scores[kept] = this.#scores[place]!;
      this.#firsts[kept] = this.#firsts[place]!;
      this.#seconds[kept++] = this.#seconds[place]!;
    }
    this.#count = kept;
  }

  #compare(a: number, b: number): number {
    return (
      this.#scores[b]! - this.#scores[a]! ||
      this.#firsts[a]! - this.#firsts[b]! ||
      this.#seconds[a]! - this.#seconds[b]!
    );
  }
}

/** The `rank`-th largest of the values, which are reordered: Hoare's FIND, in a tenth of the time of sorting. */
function largest(values: Float32Array, rank: number): number {
  const target = values.length - rank;
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1]!;
    let left = low;
    let right = high;
    while (left <= right) {
      while (values[left]! < pivot) left++;
      while (values[right]! > pivot) right--;
      if (left > right) break;
      const value = values[left]!;
      values[left++] = values[right]!;
      values[right--] = value;
    }
    // Between the two all are the pivot.
    if (target <= right) high = right;
    else if (target >= left) low = left;
    else break;
  }
  return values[target]!;
}
