/**
 * A set of strings that is walked code unit by code unit. The nodes are numbered in the order in which they came, the
 * root being 0, and found by parent and unit in one hash table, all in flat arrays: 800,000 nodes of a vocabulary take
 * 20 MB.
 */

export class Trie {
  /** Nodes by hash of parent and unit; 0 where there is none. */
  #slots = new Int32Array(1 << 10);
  /** The parent, last unit and value of each node. */
  #parents = new Int32Array(1 << 9);
  #units = new Uint16Array(1 << 9);
  #values = new Int32Array(1 << 9).fill(-1);
  #size = 1;
  /** A random seed for each trie, so that no file can be crafted whose nodes collide. */
  readonly #seed = Math.floor(Math.random() * 2 ** 31) | 1;

  /** Nodes, the root with them. */
  get size(): number {
    return this.#size;
  }

  /** Sets the value of a string, an integer from 0 on. */
  add(text: string, value: number): void {
    let node = 0;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      const known = this.step(node, unit);
      node = known < 0 ? this.#append(node, unit) : known;
    }
    this.#values[node] = value;
  }

  /** The child of a node by a code unit, or -1. */
  step(node: number, unit: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#slot(node, unit, mask); ; slot = (slot + 1) & mask) {
      const child = this.#slots[slot]!;
      if (child === 0) return -1;
      if (this.#parents[child] === node && this.#units[child] === unit) return child;
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

  parent(node: number): number {
    return this.#parents[node]!;
  }

  /** The last code unit of a node's string. */
  unit(node: number): number {
    return this.#units[node]!;
  }

  #append(parent: number, unit: number): number {
    if (this.#size === this.#parents.length) this.#grow();
    const node = this.#size++;
    this.#parents[node] = parent;
    this.#units[node] = unit;
    this.#insert(node);
    return node;
  }

  #insert(node: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#slot(this.#parents[node]!, this.#units[node]!, mask);
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = node;
  }

  #grow(): void {
    const length = 2 * this.#parents.length;
    const parents = new Int32Array(length);
    const units = new Uint16Array(length);
    const values = new Int32Array(length).fill(-1);
    parents.set(this.#parents);
    units.set(this.#units);
    values.set(this.#values);
    this.#parents = parents;
    this.#units = units;
    this.#values = values;
    this.#slots = new Int32Array(2 * length);
    for (let node = 1; node < this.#size; node++) this.#insert(node);
  }

  #slot(node: number, unit: number, mask: number): number {
    let hash = Math.imul(node ^ Math.imul(unit + 1, this.#seed), 0x9e3779b1);
    hash ^= hash >>> 15;
    hash = Math.imul(hash, this.#seed);
    return (hash ^ (hash >>> 13)) & mask;
  }
}
