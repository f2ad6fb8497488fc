/**
 * Squared error between how much better a query's positive scores than each negative, and how much better a teacher
 * says that it is. Source: sentence-transformers 6.2, `cross_encoder.losses.MarginMSELoss`.
 */
import { concat, constant, multiply, reshape, subtract } from "../../../graph/build.ts";
import { sum } from "../../../graph/build-differentiable.ts";
import { withLabels } from "../../../training/losses/loss.ts";
import { square } from "../../../training/losses/pairwise.ts";
import { type ActivationOptions, activated, activationOf, type CrossEncoderLoss } from "./cross-encoder-loss.ts";

/**
 * Columns: queries, positives, and one negative or more; the label `margin` has a difference for each negative, or
 * `scores` that of the positive and of each negative.
 *
 * @throws HpdError `invalid_argument` for an invalid option
 */
export function marginMse(options: ActivationOptions = {}): CrossEncoderLoss {
  const activationFn = activationOf("marginMse", options);
  return {
    kind: "CrossEncoderLoss",
    recipe: { marginMse: { activationFn } },
    columns: { min: 3, max: Number.POSITIVE_INFINITY },
    scores: "one",
    measuredBy: "margins",
    labels: (_, columns) => ({ margin: [columns - 2] }),
    takesDifferences: true,
    ofPairs: ({ pairs }) => ({
      isPerRow: true,
      ...withLabels(() => ({ margin: [pairs - 1] })),
      build(scores, { margin }, perRow) {
        const [positive, ...negatives] = scores.map((each) => activated(each, activationFn));
        const margins = concat(negatives.map((negative) => subtract(positive!, negative)));
        const total = sum(square(subtract(margins, margin!)), [0, 1]);
        return reshape(multiply(total, multiply(perRow, constant(1 / negatives.length))), []);
      },
    }),
  };
}
