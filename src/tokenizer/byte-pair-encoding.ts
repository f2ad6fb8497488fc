/**
 * Byte-pair encoding of a word: of all pairs of neighbours that a merge is known for, the one of the lowest rank is
 * merged, of those the leftmost, until there is none. A letter that is not in the vocabulary stands for its bytes, the
 * unknown token or nothing. Follows `BPE` of Python's `tokenizers` 0.23.
 */
import { BestPath } from "./best-path.ts";
import { MergeQueue } from "./merge-queue.ts";
import { Trie } from "./trie.ts";
import type { Merge } from "./vocabulary-files.ts";

/** Code units from which a word is encoded from left to right instead, which ends with the last id wanted. */
const longWord = 512;
/** Code units that may be merged to learn which tokens stay apart: so many, and so many more for each of the word's. */
const mostLearning = { atFirst: 1 << 20, forEach: 64 };
/** Pairs of tokens of which is kept whether they stay apart. */
const pairCacheSize = 1 << 18;

const encoder = new TextEncoder();

export interface BytePairEncodingOptions {
  readonly vocabulary: ReadonlyMap<string, number>;
  /** The first one first; both parts and the whole are in the vocabulary. */
  readonly merges: readonly Merge[];
  /** Whether a word that is itself a token is that token, whatever the merges. */
  readonly ignoreMerges: boolean;
  /** What an unknown letter stands for; nothing where it is undefined. Part of no merge. */
  readonly unknownId?: number | undefined;
  /** Whether unknown letters next to each other are one unknown token. */
  readonly fuseUnknown?: boolean;
  /** The ids of the 256 bytes, for which an unknown letter stands then. Part of no merge. */
  readonly byteIds?: readonly number[] | undefined;
}

export class BytePairEncoding {
  readonly #vocabulary: ReadonlyMap<string, number>;
  readonly #ignoreMerges: boolean;
  readonly #unknownId: number | undefined;
  readonly #fuseUnknown: boolean;
  readonly #byteIds: readonly number[] | undefined;
  /** Tokens numbered without gaps: their spellings and ids. */
  readonly #tokens: readonly string[];
  readonly #ids: Int32Array;
  readonly #numbers = new Map<string, number>();
  /** The rank of each merge by the numbers of left and right, and by rank the number of the whole. */
  readonly #ranks = new Map<number, number>();
  readonly #wholes: Int32Array;
  /** Code units of the longest token. */
  readonly longestPiece: number;
  /** The tokens that merges lead to, for long words alone. */
  #trie: Trie | undefined;
  readonly #apart = new Map<number, boolean>();
  /** Code units that were merged to learn them. */
  #learning = 0;
  readonly #queue = new MergeQueue();

  constructor(options: BytePairEncodingOptions) {
    const { vocabulary, merges } = options;
    this.#vocabulary = vocabulary;
    this.#ignoreMerges = options.ignoreMerges;
    this.#unknownId = options.unknownId;
    this.#fuseUnknown = options.fuseUnknown ?? false;
    this.#byteIds = options.byteIds;
    this.#tokens = [...vocabulary.keys()];
    this.#ids = Int32Array.from(vocabulary.values());
    let longest = 1;
    for (const [number, token] of this.#tokens.entries()) {
      this.#numbers.set(token, number);
      longest = Math.max(longest, token.length);
    }
    this.longestPiece = longest;
    this.#wholes = new Int32Array(merges.length);
    // Of equal merges the last one counts.
    for (const [rank, [left, right]] of merges.entries()) {
      this.#ranks.set(this.#pair(this.#numbers.get(left)!, this.#numbers.get(right)!), rank);
      this.#wholes[rank] = this.#numbers.get(left + right)!;
    }
  }

  /** Ids of a word: all, or the first ones, at least `limit` of them. */
  encode(word: string, limit: number): number[] {
    const whole = this.#ignoreMerges ? this.#vocabulary.get(word) : undefined;
    if (whole !== undefined) return [whole];
    // A letter that stands for nothing is no border: those around it merge.
    if (this.#unknownId === undefined && this.#byteIds === undefined)
      return this.#known(this.#knownLetters(word), limit);
    const ids: number[] = [];
    let start = 0;
    let unknownEnd = -1;
    for (let end = 0; end <= word.length && ids.length < limit; ) {
      const letter = end < word.length ? String.fromCodePoint(word.codePointAt(end)!) : undefined;
      if (letter !== undefined && this.#numbers.has(letter)) {
        end += letter.length;
        continue;
      }
      // Nothing merges over an unknown letter, so the known ones before it are a word of their own.
      if (end > start) for (const id of this.#known(word.slice(start, end), limit - ids.length)) ids.push(id);
      if (letter === undefined) break;
      if (this.#byteIds !== undefined) {
        for (const byte of encoder.encode(letter)) ids.push(this.#byteIds[byte]!);
      } else if (this.#unknownId !== undefined && !(this.#fuseUnknown && unknownEnd === end)) {
        ids.push(this.#unknownId);
      }
      end += letter.length;
      start = end;
      unknownEnd = end;
    }
    return ids;
  }

  #knownLetters(word: string): string {
    for (const letter of word) {
      if (!this.#numbers.has(letter)) return [...word].filter((each) => this.#numbers.has(each)).join("");
    }
    return word;
  }

  /** Ids of letters that are all known. */
  #known(word: string, limit: number): number[] {
    const numbers = word.length < longWord ? this.#merge(word) : this.#fromLeft(word, limit);
    return numbers.map((number) => this.#ids[number]!);
  }

  /** The numbers of the tokens of a word. */
  #merge(word: string): number[] {
    const numbers: number[] = [];
    for (const letter of word) numbers.push(this.#numbers.get(letter)!);
    const { length } = numbers;
    if (length < 2) return numbers;
    const queue = this.#queue;
    queue.clear();
    const next = new Int32Array(length);
    const previous = new Int32Array(length);
    const offer = (left: number, right: number): void => {
      if (left < 0 || right >= length) return;
      const rank = this.#ranks.get(this.#pair(numbers[left]!, numbers[right]!));
      if (rank !== undefined) queue.push(rank, left);
    };
    for (let at = 0; at < length; at++) {
      next[at] = at + 1;
      previous[at] = at - 1;
      offer(at, at + 1);
    }
    while (queue.pop()) {
      const { rank, place } = queue;
      const right = next[place]!;
      // The entry is old where one of the two is merged by now.
      if (numbers[place]! < 0 || right >= length) continue;
      if (this.#ranks.get(this.#pair(numbers[place]!, numbers[right]!)) !== rank) continue;
      numbers[place] = this.#wholes[rank]!;
      numbers[right] = -1;
      const after = next[right]!;
      next[place] = after;
      if (after < length) previous[after] = place;
      offer(previous[place]!, place);
      offer(place, after);
    }
    return numbers.filter((number) => number >= 0);
  }

  /**
   * The same for a long word. A row of tokens is what merging gives if and only if merging gives each token, and each
   * two neighbours, from their own letters: no merge crosses their border then, whatever stands around them. So there is
   * one last token for each beginning of the word, which is found from those of shorter beginnings. A vocabulary may be
   * made so that this takes long; the word is then merged as a whole.
   */
  #fromLeft(word: string, limit: number): number[] {
    this.#trie ??= this.#buildTrie();
    const path = new BestPath();
    let check = 4 * (limit + this.longestPiece);
    const before = this.#learning;
    for (let start = 0; start < word.length; start++) {
      const { atFirst, forEach } = mostLearning;
      if (this.#learning - before > atFirst + forEach * start) return this.#merge(word);
      if (start >= check) {
        const numbers = path.pieces(path.settled(start, this.longestPiece));
        if (numbers.length >= limit) return numbers;
        check = 2 * start;
      }
      let node = 0;
      for (let end = start; end < word.length; ) {
        node = this.#trie.step(node, word.charCodeAt(end));
        if (node < 0) break;
        end++;
        const number = this.#trie.value(node);
        if (number < 0 || path.reached(end)) continue;
        if (start === 0 || this.#stayApart(path.idBefore(start), number)) path.set(start, end, number);
      }
    }
    return path.pieces(word.length);
  }

  #buildTrie(): Trie {
    const trie = new Trie();
    for (const [number, token] of this.#tokens.entries()) {
      if ([...token].every((letter) => this.#numbers.has(letter)) && `${this.#merge(token)}` === `${number}`) {
        trie.add(token, number);
      }
    }
    return trie;
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
