/**
 * The contrastive loss of a batch's hard pairs alone: positive pairs that are farther apart than the nearest negative
 * pair, and negative pairs that are nearer than the farthest positive pair.
 * Source: sentence-transformers 6.2, `OnlineContrastiveLoss`.
 */
import { activation, add, constant, multiply, reshape, subtract } from "../../graph/build.ts";
import { greater, max, min, sum } from "../../graph/build-differentiable.ts";
import type { Node } from "../../graph/node.ts";
import { type ContrastiveLossOptions, contrastiveOptions, labelledPairs } from "./contrastive.ts";
import type { Loss } from "./loss.ts";
import { maskValue } from "./mask-value.ts";
import { pairwiseDistance, square } from "./pairwise.ts";

/**
 * The sum (not the mean) over hard pairs. Columns: two texts; the label `label`, 1 for a positive pair, else 0.
 *
 * @throws HpdError `invalid_argument` for invalid options
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
      // Without pairs of the other kind, the mean separates hard pairs from easy ones.
      const mean = multiply(sum(apart, [0]), perRow);
      const farthestPair = chosen(pairs!, max(add(apart, multiply(isOther, constant(maskValue))), 0), mean);
      const nearestOther = chosen(others!, min(subtract(apart, multiply(isPair, constant(maskValue))), 0), mean);
      const hardPairs = multiply(isPair, greater(apart, nearestOther));
      const hardOthers = multiply(isOther, greater(farthestPair, apart));
      const missing = activation(subtract(constant(margin), apart), "relu");
      const both = add(multiply(hardPairs, square(apart)), multiply(hardOthers, square(missing)));
      return reshape(sum(both, [0, 1]), []);
    },
  };
}

/** `one` where the flag is 1, else `other`. */
function chosen(flag: Node, one: Node, other: Node): Node {
  return add(multiply(flag, one), multiply(subtract(constant(1), flag), other));
}

function flag(holds: boolean) {
  return { dtype: "float32", shape: [], data: Float32Array.of(Number(holds)) } as const;
}
