/** How sentences are varied to have more of them. */

export interface AugmentationOptions {
  /** New sentences made of each. One that is no new sentence isn't added. */
  readonly copies: number;
  /** The part of a sentence's words that is replaced by synonyms, 0 to 1. */
  readonly rate: number;
}
