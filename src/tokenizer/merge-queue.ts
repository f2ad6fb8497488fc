/** The merges that wait, the one of the lowest rank first, of those the leftmost: a binary heap in two flat arrays. */

export class MergeQueue {
  readonly #ranks: number[] = [];
  readonly #places: number[] = [];
  /** The entry that `pop` removed. */
  rank = 0;
  place = 0;

  clear(): void {
    this.#ranks.length = 0;
    this.#places.length = 0;
  }

  push(rank: number, place: number): void {
    let at = this.#ranks.length;
    this.#ranks.push(rank);
    this.#places.push(place);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Takes the first merge out, into `rank` and `place`; false where none is left. */
  pop(): boolean {
    const last = this.#ranks.length - 1;
    if (last < 0) return false;
    this.rank = this.#ranks[0]!;
    this.place = this.#places[0]!;
    this.#swap(0, last);
    this.#ranks.pop();
    this.#places.pop();
    for (let at = 0; ; ) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < last && this.#isBefore(child, first)) first = child;
      if (first === at) return true;
      this.#swap(at, first);
      at = first;
    }
  }

  #isBefore(left: number, right: number): boolean {
    const difference = this.#ranks[left]! - this.#ranks[right]!;
    return difference < 0 || (difference === 0 && this.#places[left]! < this.#places[right]!);
  }

  #swap(left: number, right: number): void {
    const rank = this.#ranks[left]!;
    this.#ranks[left] = this.#ranks[right]!;
    this.#ranks[right] = rank;
    const place = this.#places[left]!;
    this.#places[left] = this.#places[right]!;
    this.#places[right] = place;
  }
}
