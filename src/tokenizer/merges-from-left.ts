/**
 * Byte-pair encoding of a long row of letters from left to right, which ends with the last token wanted; the tokens are
 * those of merging the whole.
 */
import { BestPath } from "./best-path.ts";
import { Trie } from "./trie.ts";

/** Code units that may be merged to learn which tokens stay apart: so many, and so many more for each of the word's. */
const maxLearning = { atFirst: 1 << 20, forEach: 64 };
/** Pairs of tokens of which is kept whether they stay apart. */
const pairCacheSize = 1 << 18;

export class MergesFromLeft {
  readonly #tokens: readonly string[];
  readonly #merge: (text: string) => readonly number[];
  readonly #trie = new Trie();
  /** Code units of the longest token. */
  readonly #longest: number;
  /** Whether merges lead to a token, by its number: 1 or -1; 0 if not known yet. */
  readonly #isMade: Int8Array;
  readonly #apart = new Map<number, boolean>();
  /** Code units that were merged to learn them. */
  #learning = 0;

  /**
   * @param tokens by their numbers
   * @param merge the numbers of the tokens that letters become, as a whole
   */
  constructor(tokens: readonly string[], merge: (text: string) => readonly number[]) {
    this.#tokens = tokens;
    this.#merge = merge;
    this.#isMade = new Int8Array(tokens.length);
    for (const [number, token] of tokens.entries()) this.#trie.add(token, number);
    this.#longest = tokens.reduce((longest, { length }) => Math.max(longest, length), 1);
  }

  /**
   * The numbers of the tokens: all, or the first ones, at least `limit` of them.
   *
   * A row of tokens is what merging gives if and only if merging gives each token, and each two neighbours, from their
   * own letters: no merge crosses their border then, whatever stands around them. So there is one last token for each
   * beginning of the word, which is found from those of shorter beginnings. A vocabulary may be made so that this takes
   * long; the word is then merged as a whole.
   */
  encode(word: string, limit: number): readonly number[] {
    const path = new BestPath();
    let check = 4 * (limit + this.#longest);
    const before = this.#learning;
    for (let start = 0; start < word.length; start++) {
      const { atFirst, forEach } = maxLearning;
      if (this.#learning - before > atFirst + forEach * start) return this.#merge(word);
      if (start >= check) {
        const numbers = path.pieces(path.settled(start, this.#longest));
        if (numbers.length >= limit) return numbers;
        check = 2 * start;
      }
      let node = 0;
      for (let end = start; end < word.length; ) {
        node = this.#trie.step(node, word.charCodeAt(end));
        if (node < 0) break;
        end++;
        const number = this.#trie.value(node);
        if (number < 0 || path.reached(end) || !this.#isReached(number)) continue;
        if (start === 0 || this.#stayApart(path.idBefore(start), number)) path.set(start, end, number);
      }
    }
    return path.pieces(word.length);
  }

  /** Whether merging gives a token from its own letters, all of which are known. */
  #isReached(number: number): boolean {
    if (this.#isMade[number] === 0) {
      const merged = this.#merge(this.#tokens[number]!);
      this.#isMade[number] = merged.length === 1 && merged[0] === number ? 1 : -1;
    }
    return this.#isMade[number] === 1;
  }

  #stayApart(left: number, right: number): boolean {
    const pair = this.#pair(left, right);
    let apart = this.#apart.get(pair);
    if (apart === undefined) {
      const both = this.#tokens[left]! + this.#tokens[right]!;
      this.#learning += both.length;
      const merged = this.#merge(both);
      apart = merged.length === 2 && merged[0] === left && merged[1] === right;
      if (this.#apart.size >= pairCacheSize) this.#apart.clear();
      this.#apart.set(pair, apart);
    }
    return apart;
  }

  #pair(left: number, right: number): number {
    return left * this.#tokens.length + right;
  }
}
