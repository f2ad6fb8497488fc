/** The rows that a run trains on: one dataset or several, each with a loss of its own. */
import type { TrainingSet } from "../data/training-set.ts";
import type { RowEncoder } from "./row-encoder.ts";

/** Batches of the dataset with number n are for the learner's objective n. */
export interface Dataset {
  /** What events and messages call it. */
  readonly name: string;
  readonly train: TrainingSet;
  readonly validation: TrainingSet;
  /** Makes tokens of its rows. Default: each text by itself. */
  readonly encoder?: RowEncoder | undefined;
  /** Rows of a batch. */
  readonly batchSize: number;
  /** Rows of an epoch, where rows of the same label go together: see `rowsOfLabels`. Default: all, whatever their labels. */
  readonly rowsByLabel?: number | undefined;
  /** Whether no text may stand in a batch twice; else texts of like length go together. Default false. */
  readonly noDuplicates?: boolean | undefined;
}
