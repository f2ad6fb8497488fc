/** A kind of model, as fine-tuning sees it: one that embeds texts, or a cross-encoder. */
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
  /** Whether its network takes token types, which tell two texts apart. */
  readonly hasTypes: boolean;
  /** The names of its scores, of one that gives pairs scores. */
  readonly labels?: readonly string[];
  /** Maximum tokens per text of the finished model; Infinity for no limit. */
  readonly maxLength: number;
  /** Tokenizer of single texts, in training. */
  readonly tokenizer: Pick<Tokenizer, "encode">;
  /** @param columns of texts that the dataset has */
  objectiveOf(dataset: TrainDataset<L>, columns: number, found: FoundInData): Objective;
  /**
   * The encoder of its rows; undefined if each text is encoded by itself.
   *
   * @param columns the fields that its texts are taken from
   * @throws HpdError `invalid_argument` for an invalid prompt
   */
  encoderOf(dataset: TrainDataset<L>, columns: readonly string[]): RowEncoder | undefined;
  /**
   * The measure of validations beside the loss; undefined for none.
   *
   * @param losses of the datasets
   * @param heldOut reads the rows of each that are held out
   */
  measureOf(losses: readonly L[], heldOut: () => Promise<readonly Rows[]>): Promise<Measure | undefined>;
  /** Scores of the finished model, for its card. */
  scoresOf(learner: Learner): Promise<readonly Score[]>;
  readonly card: CardKind;
  /** The first paragraph of its card, in Markdown. @param base the model that it was trained from */
  summary(base: string): string;
}

/** Sizes that a loss needs and that are known once its dataset is read. */
export interface FoundInData {
  /** Dimension of the embeddings of the loss's guide; undefined for a loss without one. */
  readonly guideWidth: number | undefined;
  /** Different labels, where they have names. */
  readonly classes: number | undefined;
}

export interface Measure {
  /** Name of the score. */
  readonly name: string;
  /** @returns a score: higher is better */
  score(learner: Learner): Promise<number>;
}
