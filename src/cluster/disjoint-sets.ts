/** Disjoint sets of integers (union-find with path halving). */

export class DisjointSets {
  readonly #parents: number[];

  /** Creates the sets {0} to {`count` - 1}. */
  constructor(count: number) {
    this.#parents = Array.from({ length: count }, (_, member) => member);
  }

  /** Adds a set with a new member. @returns the member */
  add(): number {
    return this.#parents.push(this.#parents.length) - 1;
  }

  /** The representative of a member's set. */
  find(member: number): number {
    const parents = this.#parents;
    let at = member;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]!]!;
      at = parents[at]!;
    }
    return at;
  }

  /** Unites the sets of two members. @returns the representative of both: the lower of the two */
  unite(a: number, b: number): number {
    const [low, high] = [Math.min(this.find(a), this.find(b)), Math.max(this.find(a), this.find(b))];
    this.#parents[high] = low;
    return low;
  }
}
