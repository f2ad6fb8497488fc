/** Mean squared error between the student's embeddings and their targets: the loss of HPD (equation 2 of the paper). */
import { constant, multiply, subtract } from "../../graph/build.ts";
import { sum } from "../../graph/build-differentiable.ts";
import type { Loss } from "./loss.ts";
import { target } from "./target.ts";

export const mse: Loss = {
  recipe: { mse: 1 },
  ...target,
  isPerRow: true,
  build([embeddings], { target: targets }, perRow) {
    const difference = subtract(embeddings!, targets!);
    const total = sum(multiply(difference, difference), [0, 1]);
    return multiply(total, multiply(perRow, constant(1 / (embeddings!.shape[1] as number))));
  },
};
