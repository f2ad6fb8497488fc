/** What a training loop tells while it runs. */
import type { Progress } from "../../common/progress.ts";
import type { Validation } from "./loop-state.ts";

export type TrainEvent =
  | StepEvent
  | ({ readonly type: "validation"; readonly isBest: boolean } & Validation)
  | { readonly type: "checkpoint"; readonly step: number; readonly path: string };

/** After each update. `done` is its number, as is `step`, and `total` those of the run. */
export interface StepEvent extends Progress<"train", number> {
  readonly type: "step";
  /** Updates so far, this one included. */
  readonly step: number;
  /** Sentences so far, over all epochs. */
  readonly samples: number;
  /** Passes over the sentences so far: 1.5 is the middle of the second. */
  readonly epochs: number;
  /** Mean over the batches of the update, before it. */
  readonly loss: number;
  /**
   * Where there are several datasets, that of each with a batch in the update, by its name; of a weighted sum that of each
   * part too, by the name of the loss.
   */
  readonly losses?: Readonly<Record<string, number>> | undefined;
  readonly learningRate: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  readonly sentencesPerSecond: number;
  /** Time spent so far, over all parts of a run that was interrupted. */
  readonly seconds: number;
}
