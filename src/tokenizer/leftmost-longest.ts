/**
 * The search for many strings at once, leftmost first and of those the longest, in time linear in the text whatever
 * the strings: Aho and Corasick's automaton over the text from its end, which tells for each position the longest
 * string that starts there.
 */
import { Trie } from "./trie.ts";

export interface Match {
  readonly start: number;
  readonly end: number;
  /** Its number among the strings. */
  readonly pattern: number;
}

export class LeftmostLongest {
  readonly #lengths: readonly number[];
  /** The strings, each from its end. */
  readonly #trie = new Trie();
  /** For each node, the node of the longest proper suffix of its string that is in the trie. */
  readonly #fail: Int32Array;
  /** For each node, the longest string that is a suffix of its string, or -1. */
  readonly #longest: Int32Array;
  /** 1 for each code unit that some string ends with. */
  readonly #last = new Uint8Array(0x10000);

  /** @param patterns different from each other, none of them empty */
  constructor(patterns: readonly string[]) {
    this.#lengths = patterns.map(({ length }) => length);
    for (const [index, pattern] of patterns.entries()) {
      this.#trie.add(reversed(pattern), index);
      this.#last[pattern.charCodeAt(pattern.length - 1)] = 1;
    }
    const { size } = this.#trie;
    const parents = new Int32Array(size);
    const units = new Uint16Array(size);
    this.#trie.forEachEdge((parent, unit, child) => {
      parents[child] = parent;
      units[child] = unit;
    });
    this.#fail = new Int32Array(size);
    this.#longest = new Int32Array(size).fill(-1);
    for (const node of byDepth(parents)) {
      if (node === 0) continue;
      const parent = parents[node]!;
      if (parent !== 0) {
        const next = this.#next(this.#fail[parent]!, units[node]!);
        this.#fail[node] = next;
      }
      const own = this.#trie.value(node);
      this.#longest[node] = own >= 0 ? own : this.#longest[this.#fail[node]!]!;
    }
  }

  *matches(text: string): Generator<Match> {
    // Positions where a string starts, the last one first.
    const starts: number[] = [];
    const patterns: number[] = [];
    let node = 0;
    for (let index = text.length - 1; index >= 0; index--) {
      const unit = text.charCodeAt(index);
      if (node === 0 && this.#last[unit] === 0) continue;
      node = this.#next(node, unit);
      const pattern = this.#longest[node]!;
      if (pattern < 0) continue;
      starts.push(index);
      patterns.push(pattern);
    }
    let position = 0;
    for (let at = starts.length - 1; at >= 0; at--) {
      const start = starts[at]!;
      if (start < position) continue;
      const pattern = patterns[at]!;
      position = start + this.#lengths[pattern]!;
      yield { start, end: position, pattern };
    }
  }

  #next(from: number, unit: number): number {
    for (let node = from; ; node = this.#fail[node]!) {
      const child = this.#trie.step(node, unit);
      if (child >= 0) return child;
      if (node === 0) return 0;
    }
  }
}

/** Nodes with the nearest to the root first. A node comes after its parent, so one pass tells the depths. */
function byDepth(parents: Int32Array): Int32Array {
  const depths = new Int32Array(parents.length);
  const starts: number[] = [0, 0];
  for (let node = 1; node < parents.length; node++) {
    const depth = depths[parents[node]!]! + 1;
    depths[node] = depth;
    starts[depth + 1] = (starts[depth + 1] ?? 0) + 1;
  }
  starts[1] = 1;
  for (let depth = 1; depth < starts.length; depth++) starts[depth] = starts[depth]! + starts[depth - 1]!;
  const order = new Int32Array(parents.length);
  for (let node = 0; node < parents.length; node++) {
    const depth = depths[node]!;
    order[starts[depth]!] = node;
    starts[depth] = starts[depth]! + 1;
  }
  return order;
}

function reversed(text: string): string {
  const units = new Uint16Array(text.length);
  for (let index = 0; index < text.length; index++) units[text.length - 1 - index] = text.charCodeAt(index);
  let result = "";
  for (let start = 0; start < units.length; start += 4096) {
    result += String.fromCharCode(...units.subarray(start, start + 4096));
  }
  return result;
}
