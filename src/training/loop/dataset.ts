/** A dataset of a run, which may have several, each with a loss of its own. */
import type { TrainingSet } from "../data/training-set.ts";
import type { RowEncoder } from "./row-encoder.ts";

/** The dataset at index n is for the learner's objective n. */
export interface Dataset {
  /** The name in events and messages. */
  readonly name: string;
  readonly train: TrainingSet;
  readonly validation: TrainingSet;
  /** Tokenizes its rows. Default: each text by itself. */
  readonly encoder?: RowEncoder | undefined;
  /** Rows per batch. */
  readonly batchSize: number;
  /** Rows per epoch of a dataset that is ordered by label: see `rowsOfLabels`. Default: not ordered by label. */
  readonly rowsByLabel?: number | undefined;
  /** Whether no text may occur twice in a batch; else rows of similar length go together. Default false. */
  readonly noDuplicates?: boolean | undefined;
}
