/**
 * Byte-pair encoding of a word: of all pairs of neighbours that a merge is known for, the one of the lowest rank is
 * merged, of those the leftmost, until there is none. A letter that is not in the vocabulary stands for its bytes, the
 * unknown token or nothing. Follows `BPE` of Python's `tokenizers` 0.23.
 */
import { MergeQueue } from "./merge-queue.ts";
import { MergesFromLeft } from "./merges-from-left.ts";
import { PairTable } from "./pair-table.ts";
import type { Merge } from "./vocabulary-files.ts";

/** Code units from which a word is looked at piece by piece, each of at most as many code units being cached. */
const shortWord = 32;
/** Pieces in the cache; it is emptied when it is full. */
const cacheSize = 1 << 15;

const encoder = new TextEncoder();

export interface BytePairEncodingOptions {
  readonly vocabulary: ReadonlyMap<string, number>;
  /** The first one first; both parts and the whole are in the vocabulary. */
  readonly merges: readonly Merge[];
  /** Whether a word that is itself a token is that token, whatever the merges. */
  readonly ignoreMerges: boolean;
  /** Id of an unknown letter, which is part of no merge; undefined to drop such letters. */
  readonly unknownId?: number | undefined;
  /** Whether unknown letters next to each other are one unknown token. */
  readonly fuseUnknown?: boolean;
  /** The ids of the 256 bytes, for which an unknown letter stands then. Part of no merge. */
  readonly byteIds?: readonly number[] | undefined;
  /**
   * Code units from which a piece is encoded from left to right, which ends with the last id wanted, instead of as a
   * whole; the ids are the same.
   */
  readonly longPiece?: number;
}

export class BytePairEncoding {
  readonly #vocabulary: ReadonlyMap<string, number>;
  readonly #ignoreMerges: boolean;
  readonly #unknownId: number | undefined;
  readonly #fuseUnknown: boolean;
  readonly #byteIds: readonly number[] | undefined;
  readonly #longPiece: number;
  /** Tokens numbered without gaps: their spellings and ids. */
  readonly #tokens: readonly string[];
  readonly #ids: Int32Array;
  readonly #numbers = new Map<string, number>();
  readonly #merges: readonly Merge[];
  /** The rank of each merge by the numbers of left and right, and by rank the number of the whole. */
  readonly #ranks: PairTable;
  readonly #wholes: Int32Array;
  /** The letters that stand side by side in any token that merges lead to, as code points. */
  #neighbours: PairTable | undefined;
  readonly #cache = new Map<string, readonly number[]>();
  /** The algorithm for long pieces. */
  #fromLeft: MergesFromLeft | undefined;
  readonly #queue = new MergeQueue();

  constructor(options: BytePairEncodingOptions) {
    const { vocabulary, merges } = options;
    this.#vocabulary = vocabulary;
    this.#ignoreMerges = options.ignoreMerges;
    this.#unknownId = options.unknownId;
    this.#fuseUnknown = options.fuseUnknown ?? false;
    this.#byteIds = options.byteIds;
    this.#longPiece = options.longPiece ?? 1 << 13;
    this.#tokens = [...vocabulary.keys()];
    this.#ids = Int32Array.from(vocabulary.values());
    for (const [number, token] of this.#tokens.entries()) this.#numbers.set(token, number);
    this.#merges = merges;
    this.#wholes = new Int32Array(merges.length);
    this.#ranks = new PairTable(merges.length);
    // Of equal merges the last one counts.
    for (let rank = 0; rank < merges.length; rank++) {
      const [left, right, whole] = merges[rank]!;
      this.#ranks.set(this.#numbers.get(left)!, this.#numbers.get(right)!, rank);
      this.#wholes[rank] = this.#numbers.get(whole)!;
    }
  }

  /** Ids of a word: all, or the first ones, at least `limit` of them. */
  encode(word: string, limit: number): readonly number[] {
    const whole = this.#ignoreMerges ? this.#vocabulary.get(word) : undefined;
    if (whole !== undefined) return [whole];
    // A letter that stands for nothing is no border: those around it merge.
    const isDropped = this.#unknownId === undefined && this.#byteIds === undefined;
    if (isDropped) return this.#known(this.#knownLetters(word), limit);
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

  /**
   * Ids of letters that are all known. No merge crosses a border between two letters that stand side by side in no
   * token, so each piece between such borders is a word of its own; mostly these are the words of the language.
   */
  #known(word: string, limit: number): readonly number[] {
    if (word.length < shortWord) return this.#pieceIds(word, limit);
    this.#neighbours ??= this.#findNeighbours();
    const ids: number[] = [];
    let start = 0;
    let before = word.codePointAt(0)!;
    for (let at = before > 0xffff ? 2 : 1; at < word.length && ids.length < limit; ) {
      const code = word.codePointAt(at)!;
      if (!this.#neighbours.has(before, code)) {
        for (const id of this.#cachedIds(word.slice(start, at), limit - ids.length)) ids.push(id);
        start = at;
      }
      before = code;
      at += code > 0xffff ? 2 : 1;
    }
    if (ids.length < limit) for (const id of this.#cachedIds(word.slice(start), limit - ids.length)) ids.push(id);
    return ids;
  }

  #findNeighbours(): PairTable {
    const pairs = new Map<number, Set<number>>();
    for (const [left, right] of this.#merges) {
      const last = lastCodePoint(left);
      const firsts = pairs.get(last) ?? new Set();
      pairs.set(last, firsts.add(right.codePointAt(0)!));
    }
    const table = new PairTable([...pairs.values()].reduce((count, { size }) => count + size, 0));
    for (const [last, firsts] of pairs) for (const first of firsts) table.set(last, first, 1);
    return table;
  }

  #cachedIds(piece: string, limit: number): readonly number[] {
    if (piece.length > shortWord) return this.#pieceIds(piece, limit);
    const known = this.#cache.get(piece);
    if (known !== undefined) return known;
    const ids = this.#pieceIds(piece, limit);
    if (this.#cache.size >= cacheSize) this.#cache.clear();
    // A copy: a slice would keep the text that it was cut from.
    this.#cache.set([...piece].join(""), ids);
    return ids;
  }

  #pieceIds(piece: string, limit: number): readonly number[] {
    let numbers: readonly number[];
    if (piece.length < this.#longPiece) {
      numbers = this.#merge(piece);
    } else {
      this.#fromLeft ??= new MergesFromLeft(this.#tokens, (text) => this.#merge(text));
      numbers = this.#fromLeft.encode(piece, limit);
    }
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
      const rank = this.#ranks.get(numbers[left]!, numbers[right]!);
      if (rank >= 0) queue.push(rank, left);
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
      if (this.#ranks.get(numbers[place]!, numbers[right]!) !== rank) continue;
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
}

function lastCodePoint(text: string): number {
  const code = text.codePointAt(text.length - 2) ?? 0;
  return code > 0xffff ? code : text.charCodeAt(text.length - 1);
}
