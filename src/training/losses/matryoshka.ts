/**
 * Any loss at several dimensions: the first numbers of embeddings, scaled to length 1, should do by themselves. Source:
 * sentence-transformers 6.2, `MatryoshkaLoss`; Kusupati et al. (arXiv 2205.13147).
 */
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { add, constant, multiply, normalize, reshape, slice } from "../../graph/build.ts";
import type { Loss } from "./loss.ts";
import { requirePositive } from "./require-positive.ts";

export interface MatryoshkaLossOptions {
  /** The whole one should be among them, or it isn't trained. */
  readonly dimensions: readonly number[];
  /** One for each dimension. Default: 1 each. */
  readonly weights?: readonly number[] | undefined;
}

const table: OptionTable<MatryoshkaLossOptions> = { dimensions: "any", weights: "any" };

/**
 * @throws HpdError `invalid_argument` for dimensions or weights that can't do, and for a loss whose labels are embeddings;
 *   when it is used, for a dimension above that of the embeddings
 */
export function matryoshka(loss: Loss, options: MatryoshkaLossOptions): Loss {
  const { dimensions, weights = dimensions?.map(() => 1) ?? [] } = checkedOptions("matryoshka", options, table);
  const areDimensions =
    Array.isArray(dimensions) && dimensions.every((dimension) => Number.isSafeInteger(dimension) && dimension > 0);
  if (!areDimensions || dimensions.length === 0 || weights.length !== dimensions.length) {
    throw new HpdError(
      "invalid_argument",
      `matryoshka: expected dimensions from 1 up and a weight for each, got [${dimensions}] and [${weights}]`,
    );
  }
  for (const weight of weights) requirePositive("a weight of matryoshka", weight);
  if (JSON.stringify(loss.labels(1, 2)) !== JSON.stringify(loss.labels(2, 2))) {
    throw new HpdError("invalid_argument", "matryoshka: a loss whose labels are embeddings has one dimension");
  }
  return {
    ...loss,
    recipe: { matryoshka: { loss: loss.recipe, dimensions, weights } },
    build(embeddings, inputs, perRow) {
      const width = embeddings[0]!.shape[1] as number;
      const terms = dimensions.map((dimension, index) => {
        if (dimension > width) {
          throw new HpdError(
            "invalid_argument",
            `matryoshka: the dimension ${dimension} should be at most ${width}, that of the embeddings`,
          );
        }
        const cut = embeddings.map((x) => normalize(slice(x, 1, 0, dimension)));
        return multiply(reshape(loss.build(cut, inputs, perRow), []), constant(weights[index]!));
      });
      return terms.reduce(add);
    },
  };
}
