/** A line of the table of scores in a model card. */

/** What a finished model was measured to do. */
export interface Score {
  /** `STS12` */
  readonly task: string;
  /** `Spearman x 100` */
  readonly metric: string;
  readonly value: number;
  /** What measures it again. */
  readonly command: string;
}
