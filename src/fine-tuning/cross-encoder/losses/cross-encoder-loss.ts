/**
 * A function of the scores of pairs that training makes small. The first column of a row is the query, which each other
 * column makes a pair with.
 */
import { requireOptionalOneOf } from "../../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../../common/options.ts";
import { activation } from "../../../graph/build.ts";
import type { Node } from "../../../graph/node.ts";
import type { Loss, RowLoss } from "../../../training/losses/loss.ts";

export interface CrossEncoderLoss extends RowLoss {
  readonly kind: "CrossEncoderLoss";
  /** Scores of a pair: a reranker's one, or one for each class. */
  readonly scores: "one" | "several";
  /** The evaluator for held-out rows: see `evaluatorOfRows`. */
  readonly measuredBy: "pairs" | "classes" | "margins" | "ranking";
  /** Allowed values of a label, if they depend on the number of scores of a pair. */
  labelRangeOf?(scores: number): NonNullable<Loss["labelRange"]>;
  /** Documents of other rows that a query is paired with, beside its own. */
  othersOf?(pairs: number, batchSize: number): number;
  /** The learner's loss over the columns of pairs: [batch, scores] for each pair. */
  ofPairs(shape: PairShape): Pick<Loss, "isPerRow" | "inputs" | "prepare" | "build">;
}

export interface PairShape {
  /** The number of pairs of a row's own texts. */
  readonly pairs: number;
  /** The number of pairs with documents of other rows, in columns behind them. */
  readonly others: number;
  /** The number of scores of a pair. */
  readonly scores: number;
}

/** The loss as a learner takes it. */
export function learnerLossOf(loss: CrossEncoderLoss, shape: PairShape): Loss {
  const columns = shape.pairs + shape.others;
  return {
    recipe: loss.recipe,
    columns: { min: columns, max: columns },
    // The first column of texts makes a pair with each other one.
    labels: (dimension) => loss.labels(dimension, shape.pairs + 1),
    ...loss.ofPairs(shape),
  };
}

/** Functions that a loss may apply to scores first. */
const scoreActivations = ["identity", "sigmoid", "tanh", "relu"] as const;

export type ScoreActivation = (typeof scoreActivations)[number];

/** @throws HpdError `invalid_argument` */
export function requireScoreActivation(given: unknown): void {
  requireOptionalOneOf("activationFn", given, scoreActivations);
}

/** The options of losses that have no others. */
export interface ActivationOptions {
  /** Function that is applied to scores first. Default `identity`. */
  readonly activationFn?: ScoreActivation | undefined;
}

const activationTable: OptionTable<ActivationOptions> = { activationFn: "string" };

/** @param loss its name, for messages @throws HpdError `invalid_argument` for an invalid option */
export function activationOf(loss: string, options: ActivationOptions): ScoreActivation {
  const { activationFn = "identity" } = checkedOptions(loss, options, activationTable);
  requireScoreActivation(activationFn);
  return activationFn;
}

export function activated(scores: Node, kind: ScoreActivation): Node {
  return kind === "identity" ? scores : activation(scores, kind);
}
