/**
 * A margin loss over the pairs of a large batch: a pair's similarity should be above one margin, that of the anchor and
 * the most similar other positive below another.
 * Source: sentence-transformers 6.2, `MegaBatchMarginLoss`; Wieting and Gimpel 2018 (arXiv 1711.05732).
 */
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { activation, add, constant, multiply, normalize, reshape, subtract } from "../../graph/build.ts";
import { matmul, max, sum } from "../../graph/build-differentiable.ts";
import { identity } from "./identity.ts";
import type { Loss } from "./loss.ts";
import { maskValue } from "./mask-value.ts";
import { pairwiseDot } from "./pairwise.ts";

export interface MegaBatchMarginLossOptions {
  /** Minimum cosine similarity wanted of a pair. Default 0.8. */
  readonly positiveMargin?: number | undefined;
  /** Maximum cosine similarity wanted of the most similar other positive. Default 0.3. */
  readonly negativeMargin?: number | undefined;
}

const table: OptionTable<MegaBatchMarginLossOptions> = { positiveMargin: "number", negativeMargin: "number" };

/** Columns: anchors and positives. @throws HpdError `invalid_argument` for invalid options */
export function megaBatchMargin(options: MegaBatchMarginLossOptions = {}): Loss {
  const { positiveMargin = 0.8, negativeMargin = 0.3 } = checkedOptions("megaBatchMargin", options, table);
  for (const [name, value] of Object.entries({ positiveMargin, negativeMargin })) {
    if (Math.abs(value) <= 1) continue;
    throw new HpdError("invalid_argument", `${name} should be from -1 to 1, as a cosine is, got ${value}`);
  }
  return {
    recipe: { megaBatchMargin: { positiveMargin, negativeMargin } },
    columns: { min: 2, max: 2 },
    labels: () => ({}),
    inputs: () => ({ own: ["batch", "batch"] }),
    prepare: (_, rows) => ({ own: identity(rows) }),
    hasInBatchNegatives: true,
    isPerRow: false,
    build(embeddings, { own: isOwn }, perRow) {
      const [anchors, positives] = embeddings.map(normalize);
      const others = add(matmul(anchors!, positives!, { transposeB: true }), multiply(isOwn!, constant(maskValue)));
      const near = activation(subtract(constant(positiveMargin), pairwiseDot(anchors!, positives!)), "relu");
      const far = activation(subtract(max(others, 1), constant(negativeMargin)), "relu");
      return reshape(multiply(sum(add(near, far), [0, 1]), perRow), []);
    },
  };
}
