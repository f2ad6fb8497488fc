/** Makes a learner of a student: refuses what can't be learned, and shares the work out among threads. */
import { availableParallelism } from "node:os";
import { HpdError } from "../../errors.ts";
import type { Module } from "../../modules/module.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type LossWeights, weightedLoss } from "../losses/loss.ts";
import { type AdamWOptions, requireAdamW } from "../optimizer/adamw.ts";
import type { Learner } from "./learner.ts";
import { threadsThatFit } from "./memory.ts";
import { buildProgram } from "./program.ts";
import { ThreadLearner } from "./thread-learner.ts";

export interface LearnerOptions {
  /** The student's modules, and their parameters by name. */
  readonly modules: readonly Module[];
  readonly parameters: ReadonlyMap<string, Tensor<"float32">>;
  /** Of the tokenizer. */
  readonly padId: number;
  readonly loss: LossWeights;
  readonly optimizer: AdamWOptions;
  /** Gradients are scaled down to this global norm; Infinity leaves them as they are. */
  readonly maxGradientNorm: number;
  /** The ratio of dropout in the transformer; 0 is none. */
  readonly dropout: number;
  /** Of dropout's noise. */
  readonly seed: number;
  /** Default: one for each core, at most 8 and what there is room for. The last digits of the result depend on it. */
  readonly threads?: number;
}

/** @throws HpdError `invalid_argument`, `invalid_model`, `runtime` */
export async function createLearner(options: LearnerOptions): Promise<Learner> {
  const loss = weightedLoss(options.loss);
  requireAdamW(options.optimizer);
  if (!(options.dropout >= 0 && options.dropout < 1)) {
    throw new HpdError("invalid_argument", `dropout should be from 0 to less than 1, got ${options.dropout}`);
  }
  if (!(options.maxGradientNorm > 0)) {
    throw new HpdError("invalid_argument", `maxGradientNorm should be above 0, got ${options.maxGradientNorm}`);
  }
  const program = buildProgram(options.modules, loss, options.dropout);
  const cores =
    options.threads ?? Math.min(availableParallelism(), 8, loss.isPerSentence ? threadsThatFit(program) : 8);
  if (!Number.isSafeInteger(cores) || cores < 1) {
    throw new HpdError("invalid_argument", `threads should be a positive integer, got ${cores}`);
  }
  const learner = new ThreadLearner(options, program, loss.isPerSentence, cores);
  await learner.start();
  return learner;
}
