/** What encoding needs of a tokenizer: the ids of one text, special tokens included, truncated. */

export interface Tokenizer {
  /** The most ids that `encode` returns unless it is told another number: `max_seq_length`, special tokens included. */
  readonly maxLength: number;
  /** The id that fills a batch up; it never reaches an embedding. */
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
