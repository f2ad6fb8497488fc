/** The state of the training loop, which a checkpoint holds beside the learner's. */
import type { Position } from "./batches.ts";

export interface Validation {
  /** Number of updates before it. */
  readonly step: number;
  /** Mean loss over all held-out rows. */
  readonly loss: number;
  /** Mean loss of each dataset, by name, if there are several; of a weighted sum also that of each part. */
  readonly losses?: Readonly<Record<string, number>> | undefined;
  /** The evaluator's score, if there is one; higher is better. */
  readonly score?: number | undefined;
}

export interface LoopState {
  readonly step: number;
  /** The next batch. */
  readonly position: Position;
  /** Rows seen. */
  readonly samples: number;
  /** Training time, including that before an interruption. */
  readonly seconds: number;
  readonly lastValidation: Validation | undefined;
  readonly best: Validation | undefined;
  /** Number of validations since the best one. */
  readonly withoutImprovement: number;
}

export const startOfRun: LoopState = {
  step: 0,
  position: { epoch: 0, batch: 0 },
  samples: 0,
  seconds: 0,
  lastValidation: undefined,
  best: undefined,
  withoutImprovement: 0,
};
