/**
 * Ranking losses over scored pairs: of any two pairs of a batch with different scores, the one with the higher score
 * should have the larger similarity.
 * Source: sentence-transformers 6.2, `CoSENTLoss` and `AnglELoss` (arXiv 2309.12871).
 */
import { requirePositive } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { activation, add, constant, multiply, normalize, reshape, slice, subtract } from "../../graph/build.ts";
import { logSumExp, pad, sum, transpose } from "../../graph/build-differentiable.ts";
import type { Node } from "../../graph/node.ts";
import type { Loss } from "./loss.ts";
import { maskValue } from "./mask-value.ts";
import { absolute, pairwiseCosine } from "./pairwise.ts";

export interface CosentLossOptions {
  /** Factor of similarities: 1 / temperature. Default 20. */
  readonly scale?: number | undefined;
}

const table: OptionTable<CosentLossOptions> = { scale: "number" };

/** The loss by cosine similarity. Columns: two texts; the label `score`. @throws HpdError `invalid_argument` */
export function cosent(options: CosentLossOptions = {}): Loss {
  return ranking("cosent", options, pairwiseCosine);
}

/** The same loss as `cosent`, by the angle between embeddings as complex vectors. @throws HpdError as `cosent` */
export function angle(options: CosentLossOptions = {}): Loss {
  return ranking("angle", options, angleSimilarity);
}

function ranking(name: string, options: CosentLossOptions, similarity: (a: Node, b: Node) => Node): Loss {
  const { scale = 20 } = checkedOptions(name, options, table);
  requirePositive("scale", scale);
  return {
    recipe: { [name]: { scale } },
    columns: { min: 2, max: 2 },
    labels: () => ({ score: [] }),
    comparesLabels: true,
    isPerRow: false,
    inputs: () => ({ order: ["batch", "batch"] }),
    prepare({ score }, rows) {
      const data = new Float32Array(rows * rows);
      for (let row = 0; row < rows; row++) {
        for (let other = 0; other < rows; other++) {
          data[row * rows + other] = score!.data[other]! > score!.data[row]! ? 0 : maskValue;
        }
      }
      return { order: { dtype: "float32", shape: [rows, rows], data } };
    },
    build([first, second], { order }) {
      const scores = multiply(similarity(first!, second!), constant(scale));
      const differences = add(subtract(scores, transpose(scores, [1, 0])), order!);
      const all = logSumExp(transpose(logSumExp(differences), [1, 0]));
      // log(1 + the sum)
      return reshape(activation(all, "softplus"), []);
    },
  };
}

function angleSimilarity(a: Node, b: Node): Node {
  const [[firstA, lastA], [firstB, lastB]] = [halves(normalize(a)), halves(normalize(b))];
  const cosines = add(multiply(firstA, firstB), multiply(lastA, lastB));
  const sines = subtract(multiply(lastA, firstB), multiply(firstA, lastB));
  return absolute(sum(add(cosines, sines), [1]));
}

/** The two halves of each row; an odd dimension is padded with a zero. */
function halves(x: Node): [Node, Node] {
  const width = x.shape[1] as number;
  const even = width % 2 === 0 ? x : pad(x, 1, 0, 1);
  const half = Math.ceil(width / 2);
  return [slice(even, 1, 0, half), slice(even, 1, half, half)];
}
