/** WordPiece: greedy, longest piece first. Follows `WordPiece` of Python's `tokenizers` 0.23. */
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
}

export class WordPiece {
  readonly #trie = new Trie();
  readonly #unknownId: number | undefined;
  readonly #maxWordLength: number;
  /** The node from which pieces that continue a word start, or -1 where there are none. */
  readonly #continuing: number;
  /** Code units of the longest piece. */
  readonly longestPiece: number;

  constructor({ vocabulary, unknownId, continuingPrefix, maxWordLength }: WordPieceOptions) {
    this.#unknownId = unknownId;
    this.#maxWordLength = maxWordLength;
    let longest = 0;
    for (const [piece, id] of vocabulary) {
      this.#trie.add(piece, id);
      longest = Math.max(longest, piece.length);
    }
    this.longestPiece = longest;
    this.#continuing = this.#trie.find(continuingPrefix);
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

  #unknown(word: string): number[] {
    if (this.#unknownId !== undefined) return [this.#unknownId];
    throw new HpdError(
      "invalid_model",
      `the word ${describe(word)} is not in the vocabulary, and no token for unknown words is. ` +
        "Set unk_token to one that is",
    );
  }
}
