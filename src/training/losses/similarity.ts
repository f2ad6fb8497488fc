/**
 * Mean squared error between the student's cosine similarities within a batch and those of the targets, whatever the
 * spaces of the embeddings.
 * Source: Tung and Mori, Similarity-Preserving Knowledge Distillation (arXiv 1907.09682), with cosine similarity.
 */
import { multiply, normalize, subtract } from "../../graph/build.ts";
import { matmul, sum } from "../../graph/build-differentiable.ts";
import type { Node } from "../../graph/node.ts";
import type { Loss } from "./loss.ts";
import { target } from "./target.ts";

export const similarity: Loss = {
  recipe: { similarity: 1 },
  ...target,
  isPerRow: false,
  build([embeddings], { target: targets }, perRow) {
    const difference = subtract(similarities(embeddings!), similarities(targets!));
    return multiply(sum(multiply(difference, difference), [0, 1]), multiply(perRow, perRow));
  },
};

/** Cosine similarities of all pairs: [batch, batch] */
function similarities(embeddings: Node): Node {
  const normalized = normalize(embeddings);
  return matmul(normalized, normalized, { transposeB: true });
}
