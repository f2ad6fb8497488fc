/** The distances between the embeddings of a batch: [batch, dimension] -> [batch, batch] */
import { add, constant, multiply, normalize, reshape, subtract } from "../../graph/build.ts";
import { matmul, squareRoot, sum } from "../../graph/build-differentiable.ts";
import type { Node } from "../../graph/node.ts";
import { square } from "./pairwise.ts";

export const batchDistanceNames = ["cosine", "euclidean"] as const;

/** The distance function of the batch triplet losses. */
export type BatchDistance = (typeof batchDistanceNames)[number];

/** @param others [batch, batch]: 0 on the diagonal, where the distance is 0, else 1 */
export function allDistances(name: BatchDistance, x: Node, others: Node): Node {
  if (name === "cosine") {
    const normalized = normalize(x);
    return multiply(subtract(constant(1), matmul(normalized, normalized, { transposeB: true })), others);
  }
  // |a - b|^2 = |a|^2 - 2 a b + |b|^2
  const squares = sum(square(x), [1]);
  const both = add(squares, reshape(squares, [1, "batch"]));
  return squareRoot(multiply(subtract(both, matmul(x, x, { transposeB: true, scale: 2 })), others));
}
