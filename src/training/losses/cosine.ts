/** Cosine distance between each embedding and its target, 1 - cos, whatever their lengths. */
import { constant, multiply, normalize, subtract } from "../../graph/build.ts";
import { sum } from "../../graph/build-differentiable.ts";
import type { Loss } from "./loss.ts";
import { target } from "./target.ts";

export const cosine: Loss = {
  recipe: { cosine: 1 },
  ...target,
  isPerRow: true,
  build([embeddings], { target: targets }, perRow) {
    const similarities = sum(multiply(normalize(embeddings!), normalize(targets!)), [1]);
    return multiply(sum(subtract(constant(1), similarities), [0, 1]), perRow);
  },
};
