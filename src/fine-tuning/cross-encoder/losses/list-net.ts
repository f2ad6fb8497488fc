/**
 * Cross-entropy between how a query's labels and how the scores of its pairs divide a belief among its documents.
 * Source: sentence-transformers 6.2, `cross_encoder.losses.ListNetLoss`; Cao et al., Learning to Rank (2007).
 */
import { add, concat, multiply, reshape, subtract } from "../../../graph/build.ts";
import { logSumExp, sum } from "../../../graph/build-differentiable.ts";
import { maskValue } from "../../../training/losses/mask-value.ts";
import { type ActivationOptions, activated, activationOf, type CrossEncoderLoss } from "./cross-encoder-loss.ts";

/**
 * Columns: queries, and two documents or more, or a list of them in each row; the label `scores` has a number for each
 * document.
 *
 * @throws HpdError `invalid_argument` for an invalid option
 */
export function listNet(options: ActivationOptions = {}): CrossEncoderLoss {
  const activationFn = activationOf("listNet", options);
  return {
    kind: "CrossEncoderLoss",
    recipe: { listNet: { activationFn } },
    columns: { min: 3, max: Number.POSITIVE_INFINITY },
    takesLists: true,
    scores: "one",
    measuredBy: "ranking",
    labels: (_, columns) => ({ scores: [columns - 1] }),
    ofPairs: ({ pairs }) => ({
      isPerRow: true,
      inputs: () => ({ probabilities: ["batch", pairs], absent: ["batch", pairs] }),
      prepare({ scores }, rows) {
        const data = new Float32Array(rows * pairs);
        for (let row = 0; row < rows; row++) {
          const own = scores!.data.subarray(row * pairs, (row + 1) * pairs);
          const highest = Math.max(...own);
          const powers = Array.from(own, (score) => Math.exp(score - highest));
          const total = powers.reduce((all, power) => all + power, 0);
          for (const [at, power] of powers.entries()) data[row * pairs + at] = power / total;
        }
        const shape = [rows, pairs];
        const absent = scores!.data.map((score) => (score === Number.NEGATIVE_INFINITY ? maskValue : 0));
        return {
          probabilities: { dtype: "float32", shape, data },
          absent: { dtype: "float32", shape, data: absent },
        };
      },
      build(columns, { probabilities, absent }, perRow) {
        const scores = concat(columns.map((each) => activated(each, activationFn)));
        const expected = sum(multiply(probabilities!, scores), [1]);
        return reshape(multiply(sum(subtract(logSumExp(add(scores, absent!)), expected), [0, 1]), perRow), []);
      },
    }),
  };
}
