/** Similarities and distances of two columns of embeddings, row by row: [batch, dimension] twice -> [batch, 1] */
import { activation, add, constant, multiply, normalize, subtract } from "../../graph/build.ts";
import { norm, sum } from "../../graph/build-differentiable.ts";
import type { Node } from "../../graph/node.ts";

export function pairwiseDot(a: Node, b: Node): Node {
  return sum(multiply(a, b), [1]);
}

export function pairwiseCosine(a: Node, b: Node): Node {
  return pairwiseDot(normalize(a), normalize(b));
}

export const distanceNames = ["cosine", "euclidean", "manhattan"] as const;

export type Distance = (typeof distanceNames)[number];

const distances: Readonly<Record<Distance, (a: Node, b: Node) => Node>> = {
  cosine: (a, b) => subtract(constant(1), pairwiseCosine(a, b)),
  euclidean: (a, b) => norm(subtract(a, b)),
  manhattan: (a, b) => sum(absolute(subtract(a, b)), [1]),
};

export function pairwiseDistance(name: Distance, a: Node, b: Node): Node {
  return distances[name](a, b);
}

export function absolute(x: Node): Node {
  return add(activation(x, "relu"), activation(multiply(x, constant(-1)), "relu"));
}

export function square(x: Node): Node {
  return multiply(x, x);
}
