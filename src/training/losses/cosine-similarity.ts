/**
 * The squared error between the cosine similarity of two texts and their score.
 * Source: sentence-transformers 6.2, `CosineSimilarityLoss`.
 */
import { checkedOptions } from "../../common/options.ts";
import { multiply, reshape, subtract } from "../../graph/build.ts";
import { sum } from "../../graph/build-differentiable.ts";
import { type Loss, withLabels } from "./loss.ts";
import { pairwiseCosine, square } from "./pairwise.ts";

/** Columns: two texts; the label `score`, from -1 to 1. It has no options. */
export function cosineSimilarity(options: Readonly<Record<string, never>> = {}): Loss {
  checkedOptions("cosineSimilarity", options, {});
  return {
    recipe: { cosineSimilarity: {} },
    columns: { min: 2, max: 2 },
    ...withLabels(() => ({ score: [] })),
    labelRange: { expected: "from -1 to 1, as a cosine is", holds: (value) => Math.abs(value) <= 1 },
    isPerRow: true,
    build([first, second], { score }, perRow) {
      const error = subtract(pairwiseCosine(first!, second!), reshape(score!, ["batch", 1]));
      return reshape(multiply(sum(square(error), [0, 1]), perRow), []);
    },
  };
}
