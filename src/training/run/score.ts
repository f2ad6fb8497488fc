/** Scores in a model card. */

/** A score of a finished model. */
export interface Score {
  /** The task, such as `STS12`. */
  readonly task: string;
  /** The metric, such as `Spearman x 100`. */
  readonly metric: string;
  readonly value: number;
  /** The command that reproduces it. */
  readonly command: string;
}
