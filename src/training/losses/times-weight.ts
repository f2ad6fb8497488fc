/** Weights of losses in a sum. */
import { constant, multiply, reshape } from "../../graph/build.ts";
import type { Node } from "../../graph/node.ts";
import { around, type Loss } from "./loss.ts";

/** The loss times a weight. */
export function timesWeight(loss: Loss, weight: number): Loss {
  if (weight === 1) return loss;
  const weighted = (value: Node) => multiply(reshape(value, []), constant(weight));
  const { parts } = loss;
  return {
    ...loss,
    ...around(loss, (inner) => timesWeight(inner, weight)),
    ...(parts && { parts: { names: parts.names, build: (...given) => parts.build(...given).map(weighted) } }),
    build: (...given) => weighted(loss.build(...given)),
  };
}
