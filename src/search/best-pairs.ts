/** The best of many scored pairs, each offered once, in arrays of fixed size. */

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

  /** @param offered the most pairs that will come */
  constructor(most: number, offered: number) {
    const room = Math.min(Math.ceil(1.5 * most), offered);
    this.#most = most;
    this.#scores = new Float32Array(room);
    this.#firsts = new Uint32Array(room);
    this.#seconds = new Uint32Array(room);
  }

  /** Pairs with a lower score are none of the best. */
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

  /** The best first; of equal scores the pair with the lower positions. */
  sorted(): ParaphrasePair[] {
    const order = Uint32Array.from({ length: this.#count }, (_, place) => place).sort((a, b) => this.#compare(a, b));
    return Array.from(order.subarray(0, this.#most), (place) => ({
      score: this.#scores[place]!,
      first: this.#firsts[place]!,
      second: this.#seconds[place]!,
    }));
  }

  #dropWorst(): void {
    const sorted = this.#scores.slice(0, this.#count).sort();
    this.#floor = sorted[this.#count - this.#most]!;
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
      for (const column of [this.#scores, this.#firsts, this.#seconds]) column[kept] = column[place]!;
      kept++;
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
