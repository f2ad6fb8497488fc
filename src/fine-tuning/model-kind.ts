/** What a fine-tuning has to know of the kind of model that it trains. */
import type { CardKind } from "../publishing/card/card-kind.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { Rows } from "../training/data/training-set.ts";
import type { Learner } from "../training/learner/learner.ts";
import type { Objective } from "../training/learner/learner-options.ts";
import type { RowEncoder } from "../training/loop/row-encoder.ts";
import type { RowLoss } from "../training/losses/loss.ts";
import type { Score } from "../training/run/score.ts";
import type { TrainDataset } from "./dataset-options.ts";

export interface ModelKind<L extends RowLoss> {
  /** The public function that trains it. */
  readonly madeBy: "train" | "trainCrossEncoder";
  /** Whether it is told which of two texts a token belongs to. */
  readonly hasTypes: boolean;
  /** The names of its scores, of one that gives pairs scores. */
  readonly labels?: readonly string[];
  /** Longer texts are cut to so many tokens by the finished model; Infinity where none is. */
  readonly maxLength: number;
  /** Of texts by themselves, while it learns. */
  readonly tokenizer: Pick<Tokenizer, "encode">;
  /** @param columns of texts that the dataset has */
  objectiveOf(dataset: TrainDataset<L>, columns: number, found: FoundInData): Objective;
  /**
   * What makes tokens of its rows; by default each text by itself.
   *
   * @param columns the fields that its texts are taken from
   * @throws HpdError `invalid_argument` for prompts that can't do
   */
  encoderOf(dataset: TrainDataset<L>, columns: readonly string[]): RowEncoder | undefined;
  /**
   * What measures it beside its loss, where something does.
   *
   * @param losses of the datasets
   * @param heldOut reads the rows of each that are held out
   */
  measureOf(losses: readonly L[], heldOut: () => Promise<readonly Rows[]>): Promise<Measure | undefined>;
  /** Of the finished model. */
  scoresOf(learner: Learner): Promise<readonly Score[]>;
  readonly card: CardKind;
  /** What it is, in Markdown. @param base what it was trained from */
  summary(base: string): string;
}

/** What is known of a dataset's loss when its rows are read. */
export interface FoundInData {
  /** Of the embeddings that the loss's guide has for the texts. */
  readonly guideWidth: number | undefined;
  /** Different labels, where they have names. */
  readonly classes: number | undefined;
}

export interface Measure {
  /** What it measures. */
  readonly name: string;
  /** @returns a score: higher is better */
  score(learner: Learner): Promise<number>;
}
