/**
 * Cross-entropy of a pair's class and its scores, one for each class. Source: sentence-transformers 6.2,
 * `cross_encoder.losses.CrossEntropyLoss`.
 */
import { multiply, reshape, subtract } from "../../../graph/build.ts";
import { logSumExp, sum } from "../../../graph/build-differentiable.ts";
import { type ActivationOptions, activated, activationOf, type CrossEncoderLoss } from "./cross-encoder-loss.ts";

/** Columns: two texts; the label `label`, a class from 0 on. @throws HpdError `invalid_argument` */
export function crossEntropy(options: ActivationOptions = {}): CrossEncoderLoss {
  const activationFn = activationOf("crossEntropy", options);
  return {
    kind: "CrossEncoderLoss",
    recipe: { crossEntropy: { activationFn } },
    columns: { min: 2, max: 2 },
    scores: "several",
    measuredBy: "classes",
    labels: () => ({ label: [] }),
    labelRangeOf: (scores) => ({
      expected: `a class, an integer from 0 to ${scores - 1}`,
      holds: (value) => Number.isInteger(value) && value >= 0 && value < scores,
    }),
    ofPairs: ({ scores }) => ({
      isPerRow: true,
      inputs: () => ({ classes: ["batch", scores] }),
      prepare({ label }, rows) {
        const data = new Float32Array(rows * scores);
        for (const [row, value] of label!.data.entries()) data[row * scores + value] = 1;
        return { classes: { dtype: "float32", shape: [rows, scores], data } };
      },
      build([scores], { classes }, perRow) {
        const x = activated(scores!, activationFn);
        const own = sum(multiply(classes!, x), [1]);
        return reshape(multiply(sum(subtract(logSumExp(x), own), [0, 1]), perRow), []);
      },
    }),
  };
}
