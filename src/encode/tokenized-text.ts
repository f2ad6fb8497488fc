/** A text as tokens. */

/** The tokens of a text: the result of `tokenize`, the input of `encodeTokenized`. */
export interface TokenizedText {
  /** The model's own ids, its special tokens included. */
  readonly ids: Int32Array;
  /** Tokens at the start that belong to the prompt and are not pooled. Default 0. */
  readonly promptLength?: number | undefined;
  /** The kind of the text, as in `encode`. */
  readonly task?: string | undefined;
}
