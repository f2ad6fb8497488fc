/** Options of augmentation: sentences are varied to have more of them. */
import type { OptionTable } from "../../common/options.ts";

export interface AugmentationOptions {
  /** New sentences made of each. One that is no new sentence isn't added. */
  readonly copies: number;
  /** The part of a sentence's words that is replaced by synonyms, 0 to 1. */
  readonly rate: number;
}

export const augmentationOptions: OptionTable<AugmentationOptions> = { copies: "number", rate: "number" };
