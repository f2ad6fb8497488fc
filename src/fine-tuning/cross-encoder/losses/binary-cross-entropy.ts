/**
 * Binary cross-entropy between the labels, from 0 to 1, and the scores of pairs as logits. Source:
 * sentence-transformers 6.2, `cross_encoder.losses.BinaryCrossEntropyLoss`.
 */
import { requirePositive } from "../../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../../common/options.ts";
import { activation, add, constant, multiply, reshape, subtract } from "../../../graph/build.ts";
import { sum } from "../../../graph/build-differentiable.ts";
import {
  activated,
  type CrossEncoderLoss,
  requireScoreActivation,
  type ScoreActivation,
} from "./cross-encoder-loss.ts";
import { labelOfPair } from "./labels.ts";

export interface BinaryCrossEntropyLossOptions {
  /** Weight of a positive pair, such as the number of negatives for each. Default 1. */
  readonly posWeight?: number | undefined;
  /** Function that is applied to scores first. Default `identity`. */
  readonly activationFn?: ScoreActivation | undefined;
}

const table: OptionTable<BinaryCrossEntropyLossOptions> = { posWeight: "number", activationFn: "string" };

/** Columns: two texts; the label `label`, from 0 to 1. @throws HpdError `invalid_argument` for an invalid option */
export function binaryCrossEntropy(options: BinaryCrossEntropyLossOptions = {}): CrossEncoderLoss {
  const { posWeight = 1, activationFn = "identity" } = checkedOptions("binaryCrossEntropy", options, table);
  requirePositive("posWeight", posWeight);
  requireScoreActivation(activationFn);
  return {
    kind: "CrossEncoderLoss",
    recipe: { binaryCrossEntropy: { posWeight, activationFn } },
    columns: { min: 2, max: 2 },
    scores: "one",
    measuredBy: "pairs",
    labels: () => ({ label: [] }),
    labelRange: { expected: "from 0 to 1", holds: (value) => value >= 0 && value <= 1 },
    ofPairs: () => ({
      isPerRow: true,
      ...labelOfPair,
      build([scores], { label }, perRow) {
        const x = activated(scores!, activationFn);
        const ofPositive = multiply(label!, activation(multiply(x, constant(-1)), "softplus"));
        const ofNegative = multiply(subtract(constant(1), label!), activation(x, "softplus"));
        const all = add(multiply(ofPositive, constant(posWeight)), ofNegative);
        return reshape(multiply(sum(all, [0, 1]), perRow), []);
      },
    }),
  };
}
