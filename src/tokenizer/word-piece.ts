/** WordPiece: greedy, longest piece first. Follows `WordPiece` of Python's `tokenizers` 0.23. */

export interface WordPieceOptions {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly unknownId: number;
  readonly continuingPrefix: string;
  /** A word of more characters than this is unknown. */
  readonly maxWordLength: number;
}

export class WordPiece {
  readonly #options: WordPieceOptions;
  /** Code units of the longest piece. */
  readonly longestPiece: number;

  constructor(options: WordPieceOptions) {
    this.#options = options;
    let longest = 0;
    for (const piece of options.vocabulary.keys()) longest = Math.max(longest, piece.length);
    this.longestPiece = longest;
  }

  /** Ids of one pre-tokenized word: one id at least, and `[unknownId]` where any part of the word is unknown. */
  encode(word: string): number[] {
    const { vocabulary, unknownId, continuingPrefix, maxWordLength } = this.#options;
    // A character is one or two code units, so most words need no count.
    if (word.length > maxWordLength && (word.length > 2 * maxWordLength || [...word].length > maxWordLength)) {
      return [unknownId];
    }
    const ids: number[] = [];
    for (let start = 0; start < word.length; ) {
      let end = Math.min(word.length, start + this.longestPiece);
      let id: number | undefined;
      for (; end > start && id === undefined; end--) {
        const piece = word.slice(start, end);
        id = vocabulary.get(start === 0 ? piece : continuingPrefix + piece);
      }
      if (id === undefined) return [unknownId];
      ids.push(id);
      start = end + 1;
    }
    return ids;
  }
}
