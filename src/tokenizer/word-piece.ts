/**
 * WordPiece: greedy, longest piece first. Follows `WordPiece` of Python's `tokenizers` 0.23. The trie that makes this fast
 * takes as long to build as thousands of words take without it, so that it comes after the first texts.
 */
import { describe } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { Trie } from "./trie.ts";

export interface WordPieceOptions {
  readonly vocabulary: ReadonlyMap<string, number>;
  /** The id of a word that no pieces make up, where there is one. */
  readonly unknownId: number | undefined;
  readonly continuingPrefix: string;
  /** A word of more characters than this is unknown. */
  readonly maxWordLength: number;
  /** Lookups in the vocabulary before the trie is built. Default: those of some twenty texts, which take 2 ms. */
  readonly lookupsBefore?: number;
}

export class WordPiece {
  readonly #unknownId: number | undefined;
  readonly #continuingPrefix: string;
  readonly #maxWordLength: number;
  /** Undefined when the trie has taken its place. */
  #vocabulary: ReadonlyMap<string, number> | undefined;
  /** Lookups in the vocabulary that are left. */
  #lookups: number;
  #trie = new Trie();
  /** The node from which pieces that continue a word start, or -1 where there are none. */
  #continuing = -1;

  constructor({ vocabulary, unknownId, continuingPrefix, maxWordLength, lookupsBefore = 2 ** 13 }: WordPieceOptions) {
    this.#vocabulary = vocabulary;
    this.#unknownId = unknownId;
    this.#continuingPrefix = continuingPrefix;
    this.#maxWordLength = maxWordLength;
    this.#lookups = lookupsBefore;
  }

  /**
   * Ids of one pre-tokenized word: one id at least, and `[unknownId]` where any part of the word is unknown.
   *
   * @throws HpdError `invalid_model` for an unknown word where there is no such id
   */
  encode(word: string): number[] {
    const max = this.#maxWordLength;
    // A character is one or two code units, so most words need no count.
    if (word.length > max && (word.length > 2 * max || [...word].length > max)) return this.#unknown(word);
    if (this.#vocabulary !== undefined) {
      if (this.#lookups > 0) return this.#encodeBy(this.#vocabulary, word);
      this.#buildTrie(this.#vocabulary);
    }
    const ids: number[] = [];
    for (let start = 0; start < word.length; ) {
      let node = start === 0 ? 0 : this.#continuing;
      let id = -1;
      let end = start;
      for (let at = start; at < word.length && node >= 0; ) {
        node = this.#trie.step(node, word.charCodeAt(at));
        at++;
        if (node < 0 || this.#trie.value(node) < 0) continue;
        id = this.#trie.value(node);
        end = at;
      }
      if (id < 0) return this.#unknown(word);
      ids.push(id);
      start = end;
    }
    return ids;
  }

  #encodeBy(vocabulary: ReadonlyMap<string, number>, word: string): number[] {
    const ids: number[] = [];
    for (let start = 0; start < word.length; ) {
      const prefix = start === 0 ? "" : this.#continuingPrefix;
      let end = word.length;
      let id = vocabulary.get(prefix + word.slice(start, end));
      while (id === undefined && --end > start) id = vocabulary.get(prefix + word.slice(start, end));
      this.#lookups -= word.length - end + 1;
      if (id === undefined) return this.#unknown(word);
      ids.push(id);
      start = end;
    }
    return ids;
  }

  #buildTrie(vocabulary: ReadonlyMap<string, number>): void {
    for (const [piece, id] of vocabulary) this.#trie.add(piece, id);
    this.#continuing = this.#trie.find(this.#continuingPrefix);
    this.#vocabulary = undefined;
  }

  #unknown(word: string): number[] {
    if (this.#unknownId !== undefined) return [this.#unknownId];
    throw new HpdError(
      "invalid_model",
      `the word ${describe(word)} is not in the vocabulary, and no token for unknown words is. ` +
        "Set unk_token to one that is",
    );
  }
}
