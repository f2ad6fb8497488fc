/** A loss that counts for more or less beside others. */
import { constant, multiply, reshape } from "../../graph/build.ts";
import { around, type Loss } from "./loss.ts";

/** The loss times a number. */
export function timesWeight(loss: Loss, weight: number): Loss {
  if (weight === 1) return loss;
  return {
    ...loss,
    ...around(loss, (inner) => timesWeight(inner, weight)),
    build: (...given) => multiply(reshape(loss.build(...given), []), constant(weight)),
  };
}
