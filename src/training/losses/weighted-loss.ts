/** The losses of distillation by name, and their weighted sum. */
import { HpdError } from "../../errors.ts";
import { add, constant, multiply, reshape } from "../../graph/build.ts";
import { cosine } from "./cosine.ts";
import type { Loss } from "./loss.ts";
import { mse } from "./mse.ts";
import { similarity } from "./similarity.ts";
import { target } from "./target.ts";

export const lossNames = ["mse", "cosine", "similarity"] as const;

export type LossName = (typeof lossNames)[number];

/** The weight of each loss in the sum: `{ mse: 1, similarity: 0.5 }`. */
export type LossWeights = Readonly<Partial<Record<LossName, number>>>;

const losses: Readonly<Record<LossName, () => Loss>> = { mse, cosine: () => cosine, similarity: () => similarity };

/** @throws HpdError `invalid_argument` for no loss, an unknown one, or a weight that isn't positive */
export function weightedLoss(weights: LossWeights): Loss {
  const parts = Object.entries(weights).map(([name, weight]) => {
    if (!Object.hasOwn(losses, name) || !(Number.isFinite(weight) && weight > 0)) {
      throw new HpdError(
        "invalid_argument",
        `a loss should be one of ${lossNames.join(", ")} with a weight above 0, got ${name} with ${weight}`,
      );
    }
    return { loss: losses[name as LossName](), weight };
  });
  if (parts.length === 0) {
    throw new HpdError("invalid_argument", `there should be at least one loss of ${lossNames.join(", ")}, got none`);
  }
  return {
    recipe: weights,
    ...target,
    isPerRow: parts.every(({ loss }) => loss.isPerRow),
    build(...given) {
      const terms = parts.map(({ loss, weight }) => multiply(reshape(loss.build(...given), []), constant(weight)));
      return terms.reduce(add);
    },
  };
}
