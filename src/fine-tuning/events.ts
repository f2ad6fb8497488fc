/** The events of `train` and `trainCrossEncoder`. */
import type { Progress } from "../common/progress.ts";
import type { DataCounts } from "../training/data/open-data.ts";
import type { TrainEvent } from "../training/loop/events.ts";
import type { DoneEvent } from "../training/run/run.ts";

export type FineTuningEvent =
  /** Rows are read. */
  | ({ readonly type: "prepare" } & Progress<"read", undefined>)
  /** Rows are embedded by a loss's guide. */
  | ({ readonly type: "prepare" } & Progress<"guide", number>)
  | FineTuningPreparedEvent
  | TrainEvent
  | DoneEvent
  | { readonly type: "warning"; readonly message: string };

/** A dataset as it was read. */
export interface DatasetSummary {
  /** Empty where there is but one. */
  readonly name: string;
  readonly counts: DataCounts;
  /** The fields that the texts are taken from. */
  readonly columns: readonly string[];
  readonly label: string | undefined;
  /** The labels that were found, where the loss takes names or integers. */
  readonly classes?: readonly string[] | undefined;
  /** Batches of an epoch. */
  readonly batches: number;
}

export interface FineTuningPreparedEvent {
  readonly type: "prepared";
  /** Counts of all datasets together. */
  readonly counts: DataCounts;
  readonly datasets: readonly DatasetSummary[];
  readonly dimension: number;
  /** Names of a cross-encoder's scores, `dimension` of them; undefined for a model that embeds texts. */
  readonly labels?: readonly string[] | undefined;
  /** Weights of the model that embeddings depend on. */
  readonly parameters: number;
  /** Weights that are trained: all of them, those that aren't frozen, or those of adapters. */
  readonly trained: number;
  readonly totalSteps: number;
  /** Updates that a checkpoint already has. */
  readonly resumedFrom: number;
}
