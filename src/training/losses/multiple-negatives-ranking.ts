/**
 * Cross-entropy over the texts of a batch: an anchor's own positive against all other positives and all negatives. The
 * InfoNCE loss with in-batch negatives; of pairs of the same text twice, whose dropout differs, it is unsupervised SimCSE's.
 * Batches may be large: see `Program`. Source: sentence-transformers 6.2, `MultipleNegativesRankingLoss`.
 */
import { requireOptionalOneOf } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { activation, add, constant, multiply, normalize, reshape, subtract } from "../../graph/build.ts";
import { logSumExp, matmul, sum } from "../../graph/build-differentiable.ts";
import type { Node } from "../../graph/node.ts";
import { type Loss, withoutLabels } from "./loss.ts";
import { pairwiseDot } from "./pairwise.ts";
import { requirePositive } from "./require-positive.ts";

export interface MultipleNegativesRankingLossOptions {
  /** What similarities are multiplied by: 1 / temperature. Default 20. */
  readonly scale?: number | undefined;
  /** Default `cosine`. */
  readonly similarity?: "cosine" | "dot" | undefined;
  /** Also each positive against all anchors, half and half. Default false. */
  readonly symmetric?: boolean | undefined;
}

const table: OptionTable<MultipleNegativesRankingLossOptions> = {
  scale: "number",
  similarity: "string",
  symmetric: "boolean",
};

/**
 * Columns: anchors, positives, and any number of negatives.
 *
 * @throws HpdError `invalid_argument` for options that can't do
 */
export function multipleNegativesRanking(options: MultipleNegativesRankingLossOptions = {}): Loss {
  const {
    scale = 20,
    similarity = "cosine",
    symmetric = false,
  } = checkedOptions("multipleNegativesRanking", options, table);
  requirePositive("scale", scale);
  requireOptionalOneOf("similarity", similarity, ["cosine", "dot"]);
  return {
    recipe: { multipleNegativesRanking: { scale, similarity, symmetric } },
    columns: { least: 2, most: Number.POSITIVE_INFINITY },
    ...withoutLabels,
    hasInBatchNegatives: true,
    isPerRow: false,
    build(embeddings, _, perRow) {
      const [anchors, ...candidates] = embeddings.map((x) => (similarity === "cosine" ? normalize(x) : x));
      const scores = candidates.map((texts) => matmul(anchors!, texts, { transposeB: true, scale }));
      const own = multiply(pairwiseDot(anchors!, candidates[0]!), constant(scale));
      const all = scores.map(logSumExp).reduce(logAddExp);
      const ofPositives = logSumExp(matmul(candidates[0]!, anchors!, { transposeB: true, scale }));
      const partition = symmetric ? multiply(add(all, ofPositives), constant(0.5)) : all;
      return reshape(multiply(sum(subtract(partition, own), [0, 1]), perRow), []);
    },
  };
}

/** log(exp(a) + exp(b)) */
function logAddExp(a: Node, b: Node): Node {
  return add(a, activation(subtract(b, a), "softplus"));
}
