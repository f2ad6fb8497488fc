/** Sets that are united one by one, by their members' numbers (union-find with halved paths). */

export class DisjointSets {
  readonly #parents: number[];

  /** Each of 0 to `count` - 1 alone. */
  constructor(count: number) {
    this.#parents = Array.from({ length: count }, (_, member) => member);
  }

  /** A new member, alone. */
  add(): number {
    return this.#parents.push(this.#parents.length) - 1;
  }

  /** Equal for all members of a set. */
  find(member: number): number {
    const parents = this.#parents;
    let at = member;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]!]!;
      at = parents[at]!;
    }
    return at;
  }

  /** @returns what `find` says of their members from now on: the lower of what it said of the two */
  unite(a: number, b: number): number {
    const [low, high] = [Math.min(this.find(a), this.find(b)), Math.max(this.find(a), this.find(b))];
    this.#parents[high] = low;
    return low;
  }
}
