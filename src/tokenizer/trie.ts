/**
 * A set of strings that is walked code unit by code unit: the nodes are numbered in the order in which they came, the
 * root being 0, and the edges stand in one hash table of flat arrays, so that its memory is bounded by the strings'.
 */

export class Trie {
  /** Edges by hash: their parent plus 1 (0 is an empty slot), their unit and their child. */
  #parents = new Int32Array(1 << 10);
  #units = new Uint16Array(1 << 10);
  #children = new Int32Array(1 << 10);
  /** Value of each node, -1 where no string ends. */
  #values = new Int32Array(1 << 9).fill(-1);
  #size = 1;
  /** Drawn anew for each trie, so that no file can be made whose edges fall on each other. */
  readonly #seed = Math.floor(Math.random() * 2 ** 31) | 1;

  /** Nodes, the root with them. */
  get size(): number {
    return this.#size;
  }

  /** Sets the value of a string, an integer from 0 on, and gives its node. */
  add(text: string, value: number): number {
    let node = 0;
    for (let index = 0; index < text.length; index++) node = this.#stepOrAdd(node, text.charCodeAt(index));
    this.#values[node] = value;
    return node;
  }

  /** The child of a node by a code unit, or -1. */
  step(node: number, unit: number): number {
    const mask = this.#parents.length - 1;
    for (let slot = this.#slot(node, unit, mask); ; slot = (slot + 1) & mask) {
      const parent = this.#parents[slot]!;
      if (parent === 0) return -1;
      if (parent === node + 1 && this.#units[slot] === unit) return this.#children[slot]!;
    }
  }

  /** The node of a string, or -1. */
  find(text: string): number {
    let node = 0;
    for (let index = 0; index < text.length && node >= 0; index++) node = this.step(node, text.charCodeAt(index));
    return node;
  }

  /** The value of the string that ends at a node, or -1. */
  value(node: number): number {
    return this.#values[node]!;
  }

  /** Every edge, in no order. */
  forEachEdge(visit: (parent: number, unit: number, child: number) => void): void {
    for (let slot = 0; slot < this.#parents.length; slot++) {
      const parent = this.#parents[slot]!;
      if (parent !== 0) visit(parent - 1, this.#units[slot]!, this.#children[slot]!);
    }
  }

  #stepOrAdd(node: number, unit: number): number {
    const known = this.step(node, unit);
    if (known >= 0) return known;
    if (2 * this.#size >= this.#parents.length) this.#grow();
    const child = this.#size++;
    this.#insert(node, unit, child);
    return child;
  }

  #insert(parent: number, unit: number, child: number): void {
    const mask = this.#parents.length - 1;
    let slot = this.#slot(parent, unit, mask);
    while (this.#parents[slot] !== 0) slot = (slot + 1) & mask;
    this.#parents[slot] = parent + 1;
    this.#units[slot] = unit;
    this.#children[slot] = child;
  }

  #grow(): void {
    const before = { parents: this.#parents, units: this.#units, children: this.#children };
    const slots = 2 * before.parents.length;
    this.#parents = new Int32Array(slots);
    this.#units = new Uint16Array(slots);
    this.#children = new Int32Array(slots);
    for (let slot = 0; slot < before.parents.length; slot++) {
      const parent = before.parents[slot]!;
      if (parent !== 0) this.#insert(parent - 1, before.units[slot]!, before.children[slot]!);
    }
    const values = new Int32Array(slots / 2).fill(-1);
    values.set(this.#values);
    this.#values = values;
  }

  #slot(node: number, unit: number, mask: number): number {
    let hash = Math.imul(node ^ Math.imul(unit + 1, this.#seed), 0x9e3779b1);
    hash ^= hash >>> 15;
    hash = Math.imul(hash, this.#seed);
    return (hash ^ (hash >>> 13)) & mask;
  }
}
