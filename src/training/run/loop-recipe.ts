/** The options of a recipe that every training has: how long it goes on, how it steps, what it keeps. */
import type { Schedule } from "../loop/schedule.ts";

export interface LoopRecipe {
  /**
   * Number of passes over the rows or sentences, fractions too. With `roundRobin`, over those of the dataset with the
   * fewest batches. Default 1, of `distill` 10.
   */
  readonly epochs: number;
  /** Maximum number of updates. */
  readonly maxSteps: number | undefined;
  /** Maximum number of rows or sentences seen, those of later epochs counted again. */
  readonly maxSamples: number | undefined;
  /**
   * Rows of a batch, for a dataset without its own, and texts that the evaluator embeds at once; of `distill` sentences.
   * Default 32, of `distill` 64.
   */
  readonly batchSize: number;
  /**
   * Batches per update, which takes the mean of their gradients. Default 1. With `roundRobin` and as many as there
   * are datasets, each update has a batch of every dataset.
   */
  readonly accumulationSteps: number;
  /** Peak learning rate. Default 2e-5, of `distill` 1e-4. */
  readonly learningRate: number;
  /** Schedule of the learning rate. Default `linear`. */
  readonly schedule: Schedule;
  /** Updates of linear warm-up. Default: a tenth of the run, of `distill` 1000. */
  readonly warmupSteps: number | undefined;
  /** Weight decay of AdamW; biases and LayerNorm have none. Default 0.01. */
  readonly weightDecay: number;
  /** Maximum global norm of the gradients, which are scaled down to it. Default 1; Infinity for none. */
  readonly maxGradientNorm: number;
  /** Dropout ratio in training. Default 0.1. */
  readonly dropout: number;
  /** Default 42. */
  readonly seed: number;

  /** Updates between validations. Default: a tenth of the run, of `distill` 500. */
  readonly validationSteps: number | undefined;
  /** Criterion for the best state. Default: `score` with an evaluator, else `loss`. */
  readonly keepBest: "loss" | "score";
  /** Number of validations without a better one after which the run stops. Default: it doesn't. */
  readonly patience: number | undefined;
}

/** The types of `LoopRecipe`: a part of an `OptionTable`. */
export const loopOptionTypes = {
  epochs: "number",
  maxSteps: "number",
  maxSamples: "number",
  batchSize: "number",
  accumulationSteps: "number",
  learningRate: "number",
  schedule: "string",
  warmupSteps: "number",
  weightDecay: "number",
  maxGradientNorm: "number",
  dropout: "number",
  seed: "number",
  validationSteps: "number",
  keepBest: "string",
  patience: "number",
} as const satisfies Record<keyof LoopRecipe, string>;
