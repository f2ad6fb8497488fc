/** The events of `distill`. */

import type { Progress } from "../common/progress.ts";
import type { TrainEvent } from "../training/loop/events.ts";
import type { DoneEvent } from "../training/run/run.ts";
import type { CorpusCounts } from "./corpus/corpus-options.ts";
import type { PreparationStage } from "./targets/prepare-targets.ts";

export type DistillEvent =
  /** Sentences are read and augmented, the projection fitted, targets made. */
  | ({ readonly type: "prepare" } & Progress<PreparationStage>)
  | PreparedEvent
  | TrainEvent
  | DoneEvent
  | { readonly type: "warning"; readonly message: string };

export interface PreparedEvent {
  readonly type: "prepared";
  readonly counts: CorpusCounts;
  readonly teacherDimension: number;
  readonly dimension: number;
  /** The part of the teacher's variance that the targets keep. */
  readonly explainedVariance: number;
  /** Weights that are trained. */
  readonly parameters: number;
  readonly totalSteps: number;
  /** Updates that a checkpoint already has. */
  readonly resumedFrom: number;
}
