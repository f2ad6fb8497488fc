/** The rows that a run trains on: one dataset or several, each with a loss of its own. */
import type { TrainingSet } from "../data/training-set.ts";

/** Batches of the dataset with number n are for the learner's objective n. */
export interface Dataset {
  /** What events and messages call it. */
  readonly name: string;
  readonly train: TrainingSet;
  readonly validation: TrainingSet;
  /** Rows of a batch. */
  readonly batchSize: number;
  /** Whether no text may stand in a batch twice; else texts of like length go together. Default false. */
  readonly noDuplicates?: boolean | undefined;
}
