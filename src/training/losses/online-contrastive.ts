/**
 * The contrastive loss of the hard pairs of a batch alone: those that belong together and are farther apart than the
 * nearest of the others, and the others that are nearer than the farthest of those. Source: sentence-transformers 6.2,
 * `OnlineContrastiveLoss`.
 */
import { activation, add, constant, multiply, reshape, subtract } from "../../graph/build.ts";
import { greater, max, min, sum } from "../../graph/build-differentiable.ts";
import type { Node } from "../../graph/node.ts";
import { type ContrastiveLossOptions, contrastiveOptions, labelledPairs } from "./contrastive.ts";
import { hidden } from "./hidden.ts";
import type { Loss } from "./loss.ts";
import { pairwiseDistance, square } from "./pairwise.ts";

/**
 * Columns: two texts; the label `label`, 1 where they belong together, else 0. It is a sum over the hard pairs, no mean.
 *
 * @throws HpdError `invalid_argument` for options that can't do
 */
export function onlineContrastive(options: ContrastiveLossOptions = {}): Loss {
  const { distance, margin } = contrastiveOptions("onlineContrastive", options);
  return {
    recipe: { onlineContrastive: { distance, margin } },
    ...labelledPairs,
    labels: () => ({ label: [] }),
    isPerRow: false,
    inputs: () => ({ label: ["batch"], pairs: [], others: [] }),
    prepare({ label }, rows) {
      const pairs = label!.data.reduce((sum, value) => sum + value, 0);
      return { label: label!, pairs: flag(pairs > 0), others: flag(pairs < rows) };
    },
    build([first, second], { label, pairs, others }, perRow) {
      const isPair = reshape(label!, ["batch", 1]);
      const isOther = subtract(constant(1), isPair);
      const apart = pairwiseDistance(distance, first!, second!);
      // Without any of the other kind, the mean is what divides the hard from the easy ones.
      const mean = multiply(sum(apart, [0]), perRow);
      const farthestPair = chosen(pairs!, max(add(apart, multiply(isOther, constant(hidden))), 0), mean);
      const nearestOther = chosen(others!, min(subtract(apart, multiply(isPair, constant(hidden))), 0), mean);
      const hardPairs = multiply(isPair, greater(apart, nearestOther));
      const hardOthers = multiply(isOther, greater(farthestPair, apart));
      const missing = activation(subtract(constant(margin), apart), "relu");
      const both = add(multiply(hardPairs, square(apart)), multiply(hardOthers, square(missing)));
      return reshape(sum(both, [0, 1]), []);
    },
  };
}

/** The first where the flag is 1, else the second. */
function chosen(flag: Node, one: Node, other: Node): Node {
  return add(multiply(flag, one), multiply(subtract(constant(1), flag), other));
}

function flag(holds: boolean) {
  return { dtype: "float32", shape: [], data: Float32Array.of(Number(holds)) } as const;
}
