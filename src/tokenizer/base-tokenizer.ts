/** The common part of the tokenizers of transformers: options, and the properties that callers read. */
import type { AddedToken } from "./added-token-splitter.ts";
import type { PairTemplate } from "./pair-template.ts";

export interface BaseTokenizerOptions {
  readonly addedTokens: readonly AddedToken[];
  /** Ids of the special tokens before a text. */
  readonly prefix: readonly number[];
  /** Ids of the special tokens after a text. */
  readonly suffix: readonly number[];
  readonly pairTemplate: () => PairTemplate;
  /** Whether the network takes token types. */
  readonly tokenTypes: boolean;
  readonly maxLength: number;
  readonly padId: number;
  readonly vocabularySize: number;
  readonly specialIds: ReadonlySet<number>;
  readonly paddingSide: "left" | "right";
}

export abstract class BaseTokenizer {
  readonly maxLength: number;
  readonly padId: number;
  readonly vocabularySize: number;
  readonly specialIds: ReadonlySet<number>;
  readonly paddingSide: "left" | "right";

  constructor({ maxLength, padId, vocabularySize, specialIds, paddingSide }: BaseTokenizerOptions) {
    this.maxLength = maxLength;
    this.padId = padId;
    this.vocabularySize = vocabularySize;
    this.specialIds = specialIds;
    this.paddingSide = paddingSide;
  }
}
