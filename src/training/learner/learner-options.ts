/** The options of a learner. */
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
  /** The losses, at least one; a batch names its objective. */
  readonly objectives: readonly Objective[];
  /** Whether batches say which of two texts each token belongs to. Default false. */
  readonly hasTypes?: boolean;
  /** Frozen parameters, adapters, and learning rates by layer. Default: everything is trained alike. */
  readonly tuning?: Tuning | undefined;
  readonly optimizer: AdamWOptions;
  /** Maximum global norm of the gradients: larger ones are scaled down to it. Infinity turns clipping off. */
  readonly maxGradientNorm: number;
  /** Dropout ratio in the transformer; 0 turns it off. */
  readonly dropout: number;
  /** Seed of dropout, and of losses that draw. */
  readonly seed: number;
  /** Number of threads. Default: one for each core, at most 8. The last digits of the result depend on it. */
  readonly threads?: number;
}
