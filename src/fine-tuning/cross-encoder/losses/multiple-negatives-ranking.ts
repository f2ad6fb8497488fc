/**
 * Cross-entropy over the documents that a query is paired with: its own against its negatives and some of those of
 * other rows. Source: sentence-transformers 6.2, `cross_encoder.losses.MultipleNegativesRankingLoss`.
 */
import { requirePositive, requirePositiveInteger } from "../../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../../common/options.ts";
import { add, concat, constant, multiply, reshape, subtract } from "../../../graph/build.ts";
import { logSumExp, sum } from "../../../graph/build-differentiable.ts";
import { maskValue } from "../../../training/losses/mask-value.ts";
import {
  activated,
  type CrossEncoderLoss,
  requireScoreActivation,
  type ScoreActivation,
} from "./cross-encoder-loss.ts";

export interface MultipleNegativesRankingLossOptions {
  /**
   * Documents of other rows that each query is paired with, drawn for each batch; Infinity takes all. Each is a
   * pair to compute. Default 4.
   */
  readonly numNegatives?: number | undefined;
  /** Factor of the scores, after the activation. Default 10. */
  readonly scale?: number | undefined;
  /** Function that is applied to scores first. Default `sigmoid`. */
  readonly activationFn?: ScoreActivation | undefined;
}

const table: OptionTable<MultipleNegativesRankingLossOptions> = {
  numNegatives: "number",
  scale: "number",
  activationFn: "string",
};

/**
 * Columns: queries, positives, and any number of negatives.
 *
 * @throws HpdError `invalid_argument` for an invalid option
 */
export function multipleNegativesRanking(options: MultipleNegativesRankingLossOptions = {}): CrossEncoderLoss {
  const {
    numNegatives = 4,
    scale = 10,
    activationFn = "sigmoid",
  } = checkedOptions("multipleNegativesRanking", options, table);
  if (numNegatives !== Number.POSITIVE_INFINITY) requirePositiveInteger("numNegatives", numNegatives);
  requirePositive("scale", scale);
  requireScoreActivation(activationFn);
  return {
    kind: "CrossEncoderLoss",
    // JSON has no Infinity.
    recipe: {
      multipleNegativesRanking: {
        numNegatives: Number.isFinite(numNegatives) ? numNegatives : "all",
        scale,
        activationFn,
      },
    },
    columns: { min: 2, max: Number.POSITIVE_INFINITY },
    scores: "one",
    measuredBy: "ranking",
    hasInBatchNegatives: true,
    labels: () => ({}),
    othersOf: (pairs, batchSize) => Math.min(numNegatives, pairs * (batchSize - 1)),
    ofPairs: ({ pairs, others }) => ({
      isPerRow: false,
      inputs: () => ({ absent: ["batch", pairs + others] }),
      prepare(_, rows) {
        // A batch that isn't full may have fewer documents than are to be drawn.
        const width = pairs + others;
        const there = pairs + Math.min(others, pairs * (rows - 1));
        const data = Float32Array.from({ length: rows * width }, (_, at) => (at % width < there ? 0 : maskValue));
        return { absent: { dtype: "float32", shape: [rows, width], data } };
      },
      build(columns, { absent }, perRow) {
        const scores = columns.map((each) => multiply(activated(each, activationFn), constant(scale)));
        const all = logSumExp(add(concat(scores), absent!));
        return reshape(multiply(sum(subtract(all, scores[0]!), [0, 1]), perRow), []);
      },
    }),
  };
}
