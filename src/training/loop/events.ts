/** Events of a training loop. */
import type { Progress } from "../../common/progress.ts";
import type { Validation } from "./loop-state.ts";

export type TrainEvent =
  | StepEvent
  | ({ readonly type: "validation"; readonly isBest: boolean } & Validation)
  | { readonly type: "checkpoint"; readonly step: number; readonly path: string };

/** The event of an update. `done` is its number, as is `step`, and `total` the number of updates of the run. */
export interface StepEvent extends Progress<"train", number> {
  readonly type: "step";
  /** Number of updates so far, this one included. */
  readonly step: number;
  /** Rows seen so far, over all epochs. */
  readonly samples: number;
  /** Passes over the rows so far: 1.5 is the middle of the second. */
  readonly epochs: number;
  /** Mean loss over the batches of the update, before it. */
  readonly loss: number;
  /**
   * Mean loss of each dataset with a batch in the update, by name, if there are several datasets; of a weighted sum also
   * that of each part, by the name of its loss.
   */
  readonly losses?: Readonly<Record<string, number>> | undefined;
  readonly learningRate: number;
  /** Global norm of the gradients before clipping. */
  readonly gradientNorm: number;
  readonly sentencesPerSecond: number;
  /** Training time so far, including that before an interruption. */
  readonly seconds: number;
}
