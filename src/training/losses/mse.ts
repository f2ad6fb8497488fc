/**
 * Mean squared error between embeddings and their targets: the loss of HPD (equation 2 of the paper). Source for
 * several columns: sentence-transformers 6.2, `MSELoss`; Reimers and Gurevych (arXiv 2004.09813).
 */
import { checkedOptions } from "../../common/options.ts";
import { add, constant, multiply, reshape, subtract } from "../../graph/build.ts";
import { sum } from "../../graph/build-differentiable.ts";
import type { Loss } from "./loss.ts";
import { target } from "./target.ts";

/**
 * Columns: texts, or two of them with the same target, such as a sentence and its translation; the label `target`, an
 * embedding of the model's dimension. It has no options.
 */
export function mse(options: Readonly<Record<string, never>> = {}): Loss {
  checkedOptions("mse", options, {});
  return {
    recipe: { mse: {} },
    ...target,
    columns: { min: 1, max: 2 },
    isPerRow: true,
    build(columns, { target: targets }, perRow) {
      const totals = columns.map((embeddings) => {
        const difference = subtract(embeddings, targets!);
        return sum(multiply(difference, difference), [0, 1]);
      });
      const numbers = columns.length * (columns[0]!.shape[1] as number);
      return reshape(multiply(totals.reduce(add), multiply(perRow, constant(1 / numbers))), []);
    },
  };
}
