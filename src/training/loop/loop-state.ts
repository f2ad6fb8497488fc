/** Where a run stands: what a checkpoint holds beside the learner. */
import type { Position } from "./batches.ts";

export interface Validation {
  /** Updates made before it. */
  readonly step: number;
  /** The mean over all rows that are held out. */
  readonly loss: number;
  /** Where there are several datasets, that of each by its name; of a weighted sum that of each part too. */
  readonly losses?: Readonly<Record<string, number>> | undefined;
  /** Of the evaluator, where there is one: higher is better. */
  readonly score?: number | undefined;
}

export interface LoopState {
  readonly step: number;
  /** The next batch. */
  readonly position: Position;
  /** Sentences seen. */
  readonly samples: number;
  /** Time spent, over all parts of a run that was interrupted. */
  readonly seconds: number;
  readonly lastValidation: Validation | undefined;
  readonly best: Validation | undefined;
  /** Validations since the best one. */
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
