/** A loss that counts for more or less beside others. */
import { constant, multiply, reshape } from "../../graph/build.ts";
import type { Loss } from "./loss.ts";

/** The loss times a number. */
export function timesWeight(loss: Loss, weight: number): Loss {
  if (weight === 1) return loss;
  return {
    ...loss,
    build: (embeddings, inputs, perRow) =>
      multiply(reshape(loss.build(embeddings, inputs, perRow), []), constant(weight)),
  };
}
