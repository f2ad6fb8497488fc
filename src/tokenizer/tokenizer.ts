/** A tokenizer as encoding uses it: the ids of one text, special tokens included, truncated. */

export interface Tokenizer {
  /** Default maximum of ids, special tokens included: `max_seq_length`. */
  readonly maxLength: number;
  /** The padding id; it never affects an embedding. */
  readonly padId: number;
  /** One more than the largest id that `encode` may return. */
  readonly vocabularySize: number;
  /**
   * Ids of one text, `[CLS] ... [SEP]` (or the model's own special tokens) included, at most `maxLength` of them.
   * A lone surrogate counts as U+FFFD.
   *
   * @param maxLength default: the tokenizer's own; never less than the special tokens
   */
  encode(text: string, maxLength?: number): Int32Array;
}
