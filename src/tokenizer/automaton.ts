/**
 * Aho and Corasick's automaton: finds the ends of many strings in a text, in one pass. A state is the
 * longest beginning of one of the strings that the text so far ends with.
 */
import { Trie } from "./trie.ts";

const unknown = -1;

export class Automaton {
  readonly #trie: Trie;
  /** Failure link of each node: the node of its longest proper suffix in the trie. Computed lazily. */
  readonly #fails: Int32Array;
  /** The node of the longest string that is a suffix of each node's; 0 for none. */
  readonly #matches: Int32Array;

  /** @param strings none of them empty; of equal ones the last one counts */
  constructor(strings: Iterable<string>) {
    const trie = new Trie();
    let index = 0;
    for (const text of strings) trie.add(text, index++);
    this.#trie = trie;
    this.#fails = new Int32Array(trie.size).fill(unknown);
    this.#matches = new Int32Array(trie.size).fill(unknown);
    this.#fails[0] = 0;
    this.#matches[0] = 0;
  }

  /** The state after one more code unit. */
  next(state: number, unit: number): number {
    for (let node = state; ; node = this.#fail(node)) {
      const child = this.#trie.step(node, unit);
      if (child >= 0) return child;
      if (node === 0) return 0;
    }
  }

  /** The state of the longest string that ends here, or 0. */
  match(state: number): number {
    const known = this.#matches[state]!;
    if (known !== unknown) return known;
    const chain: number[] = [];
    let node = state;
    while (this.#matches[node] === unknown && this.#trie.value(node) < 0) {
      chain.push(node);
      node = this.#fail(node);
    }
    const found = this.#trie.value(node) < 0 ? this.#matches[node]! : node;
    this.#matches[node] = found;
    for (const each of chain) this.#matches[each] = found;
    return found;
  }

  /** The state of the longest string that is shorter than the one of this state and ends here too, or 0. */
  shorterMatch(state: number): number {
    return this.match(this.#fail(state));
  }

  /** The number of the string whose state this is. */
  index(state: number): number {
    return this.#trie.value(state);
  }

  /** Computes all links at once instead of lazily, for strings of thousands of code units. */
  complete(): void {
    for (const node of byDepth(this.#trie)) this.#fail(node);
  }

  #fail(node: number): number {
    const known = this.#fails[node]!;
    if (known !== unknown) return known;
    // From the top, so that what one node needs of its parent is there.
    const chain: number[] = [];
    for (let each = node; this.#fails[each] === unknown; each = this.#trie.parent(each)) chain.push(each);
    for (const each of chain.reverse()) {
      const parent = this.#trie.parent(each);
      this.#fails[each] = parent === 0 ? 0 : this.next(this.#fails[parent]!, this.#trie.unit(each));
    }
    return this.#fails[node]!;
  }
}

/** Nodes with the nearest to the root first. A node comes after its parent, so one pass tells the depths. */
function byDepth(trie: Trie): Int32Array {
  const depths = new Int32Array(trie.size);
  // Where each depth starts in the order.
  const starts: number[] = [0, 1];
  for (let node = 1; node < trie.size; node++) {
    const depth = depths[trie.parent(node)]! + 1;
    depths[node] = depth;
    starts[depth + 1] = (starts[depth + 1] ?? 0) + 1;
  }
  for (let depth = 1; depth < starts.length; depth++) starts[depth] = starts[depth]! + starts[depth - 1]!;
  const order = new Int32Array(trie.size);
  for (let node = 0; node < trie.size; node++) {
    const depth = depths[node]!;
    const place = starts[depth]!;
    order[place] = node;
    starts[depth] = place + 1;
  }
  return order;
}
