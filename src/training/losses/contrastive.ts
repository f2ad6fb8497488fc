/**
 * The contrastive loss: positive pairs near to each other, negative pairs at least a margin apart.
 * Source: sentence-transformers 6.2, `ContrastiveLoss`; Hadsell et al. 2006.
 */
import { requireOptionalOneOf, requirePositive } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { activation, add, constant, multiply, reshape, subtract } from "../../graph/build.ts";
import { sum } from "../../graph/build-differentiable.ts";
import { type Loss, withLabels } from "./loss.ts";
import { type Distance, distanceNames, pairwiseDistance, square } from "./pairwise.ts";

export interface ContrastiveLossOptions {
  /** The distance function. Default `cosine`. */
  readonly distance?: Distance | undefined;
  /** The distance that negative pairs should have at least. Default 0.5. */
  readonly margin?: number | undefined;
}

const table: OptionTable<ContrastiveLossOptions> = { distance: "string", margin: "number" };

/** The options of a contrastive loss with their defaults. @throws HpdError `invalid_argument` for invalid options */
export function contrastiveOptions(
  name: string,
  options: ContrastiveLossOptions,
): { readonly distance: Distance; readonly margin: number } {
  const { distance = "cosine", margin = 0.5 } = checkedOptions(name, options, table);
  requireOptionalOneOf("distance", distance, distanceNames);
  requirePositive("margin", margin);
  return { distance, margin };
}

/** Columns and label of contrastive losses: two texts, 1 for a positive pair, 0 for a negative one. */
export const labelledPairs = {
  columns: { min: 2, max: 2 },
  labelRange: { expected: "0 or 1", holds: (value) => value === 0 || value === 1 },
} as const satisfies Pick<Loss, "columns" | "labelRange">;

/** Columns: two texts; the label `label`, 1 for a positive pair, else 0. @throws HpdError `invalid_argument` */
export function contrastive(options: ContrastiveLossOptions = {}): Loss {
  const { distance, margin } = contrastiveOptions("contrastive", options);
  return {
    recipe: { contrastive: { distance, margin } },
    ...labelledPairs,
    ...withLabels(() => ({ label: [] })),
    isPerRow: true,
    build([first, second], { label }, perRow) {
      const isPair = reshape(label!, ["batch", 1]);
      const apart = pairwiseDistance(distance, first!, second!);
      const missing = activation(subtract(constant(margin), apart), "relu");
      const both = add(multiply(isPair, square(apart)), multiply(subtract(constant(1), isPair), square(missing)));
      return reshape(multiply(multiply(sum(both, [0, 1]), constant(0.5)), perRow), []);
    },
  };
}
