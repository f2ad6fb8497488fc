/**
 * The squared error between the student's and the teacher's margins: similarity of the positive minus that of a
 * negative.
 * Source: sentence-transformers 6.2, `MarginMSELoss`; Hofstätter et al. (arXiv 2010.02666).
 */
import { requireOptionalOneOf } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { concat, constant, multiply, reshape, subtract } from "../../graph/build.ts";
import { sum } from "../../graph/build-differentiable.ts";
import { type Loss, withLabels } from "./loss.ts";
import { pairwiseCosine, pairwiseDot, square } from "./pairwise.ts";

export interface MarginMseLossOptions {
  /** The similarity function. Default `dot`. */
  readonly similarity?: "cosine" | "dot" | undefined;
}

const table: OptionTable<MarginMseLossOptions> = { similarity: "string" };

/**
 * Columns: queries, positives, and one negative or more; the label `margin` has a difference for each negative, or
 * `scores` that of the positive and of each negative.
 *
 * @throws HpdError `invalid_argument` for invalid options
 */
export function marginMse(options: MarginMseLossOptions = {}): Loss {
  const { similarity = "dot" } = checkedOptions("marginMse", options, table);
  requireOptionalOneOf("similarity", similarity, ["cosine", "dot"]);
  const scoreOf = similarity === "dot" ? pairwiseDot : pairwiseCosine;
  return {
    recipe: { marginMse: { similarity } },
    columns: { min: 3, max: Number.POSITIVE_INFINITY },
    ...withLabels((_, columns) => ({ margin: [columns - 2] })),
    takesDifferences: true,
    isPerRow: true,
    build([query, positive, ...negatives], { margin }, perRow) {
      const score = scoreOf(query!, positive!);
      const margins = concat(negatives.map((negative) => subtract(score, scoreOf(query!, negative))));
      const total = sum(square(subtract(margins, margin!)), [0, 1]);
      return reshape(multiply(total, multiply(perRow, constant(1 / negatives.length))), []);
    },
  };
}
