/** Mean squared error between the student's embeddings and their targets: the loss of HPD (equation 2 of the paper). */
import { constant, multiply, subtract } from "../../graph/build.ts";
import { sum } from "../../graph/build-differentiable.ts";
import type { Loss } from "./loss.ts";

export const mse: Loss = {
  isPerSentence: true,
  build(embeddings, targets, perSentence) {
    const difference = subtract(embeddings, targets);
    const total = sum(multiply(difference, difference), [0, 1]);
    return multiply(total, multiply(perSentence, constant(1 / (embeddings.shape[1] as number))));
  },
};
