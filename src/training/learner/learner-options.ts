/** What a learner is made of. */
import type { Module } from "../../modules/module.ts";
import type { Loss } from "../losses/loss.ts";
import type { AdamWOptions } from "../optimizer/adamw.ts";
import type { Tuning } from "../tuning/tuning.ts";

/** A loss, and how many columns of texts its batches have. */
export interface Objective {
  readonly loss: Loss;
  readonly columns: number;
}

export interface LearnerOptions {
  /** The student's modules, each in a folder of its own, so that every parameter has a name of its own. */
  readonly modules: readonly Module[];
  /** The padding id of the tokenizer. */
  readonly padId: number;
  /** One at least; a batch says which of them it is for. */
  readonly objectives: readonly Objective[];
  /** Whether batches say which of two texts each token belongs to. Default false. */
  readonly hasTypes?: boolean;
  /** What of the student is trained. Default: all of it. */
  readonly tuning?: Tuning | undefined;
  readonly optimizer: AdamWOptions;
  /** Gradients are scaled down to this global norm; Infinity leaves them as they are. */
  readonly maxGradientNorm: number;
  /** The ratio of dropout in the transformer; 0 is none. */
  readonly dropout: number;
  /** The seed of dropout's noise. */
  readonly seed: number;
  /** Default: one for each core, at most 8. The last digits of the result depend on it. */
  readonly threads?: number;
}
