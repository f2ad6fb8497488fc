/**
 * Squared error of the scores of pairs, to those of a teacher or of people. Source: sentence-transformers 6.2,
 * `cross_encoder.losses.MSELoss`.
 */
import { multiply, reshape, subtract } from "../../../graph/build.ts";
import { sum } from "../../../graph/build-differentiable.ts";
import { square } from "../../../training/losses/pairwise.ts";
import { type ActivationOptions, activated, activationOf, type CrossEncoderLoss } from "./cross-encoder-loss.ts";
import { labelOfPair } from "./labels.ts";

/** Columns: two texts; the label `label`. @throws HpdError `invalid_argument` for an invalid option */
export function mse(options: ActivationOptions = {}): CrossEncoderLoss {
  const activationFn = activationOf("mse", options);
  return {
    kind: "CrossEncoderLoss",
    recipe: { mse: { activationFn } },
    columns: { min: 2, max: 2 },
    scores: "one",
    measuredBy: "pairs",
    labels: () => ({ label: [] }),
    ofPairs: () => ({
      isPerRow: true,
      ...labelOfPair,
      build([scores], { label }, perRow) {
        const errors = square(subtract(activated(scores!, activationFn), label!));
        return reshape(multiply(sum(errors, [0, 1]), perRow), []);
      },
    }),
  };
}
