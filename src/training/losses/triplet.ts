/**
 * The triplet loss: an anchor should be nearer to its positive than to its negative, by a margin.
 * Source: sentence-transformers 6.2, `TripletLoss`.
 */
import { requireOptionalOneOf, requirePositive } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { activation, add, constant, multiply, reshape, subtract } from "../../graph/build.ts";
import { sum } from "../../graph/build-differentiable.ts";
import { type Loss, withoutLabels } from "./loss.ts";
import { type Distance, distanceNames, pairwiseDistance } from "./pairwise.ts";

export interface TripletLossOptions {
  /** The distance function. Default `euclidean`. */
  readonly distance?: Distance | undefined;
  /** The distance by which the negative should be farther than the positive. Default 5. */
  readonly margin?: number | undefined;
}

const table: OptionTable<TripletLossOptions> = { distance: "string", margin: "number" };

/** Columns: anchors, positives, negatives. @throws HpdError `invalid_argument` for invalid options */
export function triplet(options: TripletLossOptions = {}): Loss {
  const { distance = "euclidean", margin = 5 } = checkedOptions("triplet", options, table);
  requireOptionalOneOf("distance", distance, distanceNames);
  requirePositive("margin", margin);
  return {
    recipe: { triplet: { distance, margin } },
    columns: { min: 3, max: 3 },
    ...withoutLabels,
    isPerRow: true,
    build([anchor, positive, negative], _, perRow) {
      const near = pairwiseDistance(distance, anchor!, positive!);
      const far = pairwiseDistance(distance, anchor!, negative!);
      const missing = activation(add(subtract(near, far), constant(margin)), "relu");
      return reshape(multiply(sum(missing, [0, 1]), perRow), []);
    },
  };
}
