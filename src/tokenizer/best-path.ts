/**
 * The pieces that a word is made of, found from left to right: for each position of the word that can be reached, the
 * last piece before it and the position where that piece starts. Its memory grows with what was looked at of the word.
 */

export class BestPath {
  #starts = new Int32Array(32).fill(-1);
  #ids = new Int32Array(32);

  /** Whether any piece ends at a position; the start of the word counts. */
  reached(place: number): boolean {
    return place === 0 || (place < this.#starts.length && this.#starts[place] !== -1);
  }

  /** The piece before a position. */
  idBefore(place: number): number {
    return this.#ids[place]!;
  }

  /** Sets the piece before `end`. */
  set(start: number, end: number, id: number): void {
    if (end >= this.#starts.length) this.#grow(end);
    this.#starts[end] = start;
    this.#ids[end] = id;
  }

  /** The pieces up to a position, in order. */
  pieces(place: number): number[] {
    const path: number[] = [];
    for (let end = place; end > 0; end = this.#starts[end]!) path.push(this.#ids[end]!);
    return path.reverse();
  }

  /** The positions where the pieces up to a position end, in order. */
  ends(place: number): number[] {
    const ends: number[] = [];
    for (let end = place; end > 0; end = this.#starts[end]!) ends.push(end);
    return ends.reverse();
  }

  /**
   * The last position that every path goes through, whatever follows: all pieces that end up to `place` are known, and
   * no piece is longer than `longest`, so every path has a position among the last ones.
   */
  settled(place: number, longest: number): number {
    const live = new Uint8Array(place + 1);
    let count = 0;
    for (let at = Math.max(0, place - longest + 1); at <= place; at++) {
      if (!this.reached(at)) continue;
      live[at] = 1;
      count++;
    }
    let at = place;
    for (; count > 1; at--) {
      if (live[at] === 0) continue;
      const before = this.#starts[at]!;
      if (live[before] === 0) live[before] = 1;
      else count--;
    }
    while (live[at] === 0) at--;
    return at;
  }

  #grow(end: number): void {
    const length = Math.max(end + 1, 2 * this.#starts.length);
    const starts = new Int32Array(length).fill(-1);
    starts.set(this.#starts);
    const ids = new Int32Array(length);
    ids.set(this.#ids);
    this.#starts = starts;
    this.#ids = ids;
  }
}
