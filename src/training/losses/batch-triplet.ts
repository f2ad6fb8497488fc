/**
 * Triplet losses over the rows of a batch, by their labels: every row is an anchor, the other rows of its label are
 * positives, all others negatives. They differ in which triplets count.
 * Source: sentence-transformers 6.2, `BatchAllTripletLoss`, `BatchHardTripletLoss`, `BatchSemiHardTripletLoss` and
 * `BatchHardSoftMarginTripletLoss`; Hermans et al. (arXiv 1703.07737), Schroff et al. (arXiv 1503.03832).
 */
import { requireOptionalOneOf, requirePositive } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { activation, add, constant, divide, multiply, reshape, subtract } from "../../graph/build.ts";
import { greater, max, min, sum, transpose } from "../../graph/build-differentiable.ts";
import type { Node } from "../../graph/node.ts";
import { allDistances, type BatchDistance, batchDistanceNames } from "./all-distances.ts";
import type { Loss } from "./loss.ts";
import { maskValue } from "./mask-value.ts";

export interface BatchSoftMarginTripletLossOptions {
  /** The distance function. Default `euclidean`. */
  readonly distance?: BatchDistance | undefined;
}

export interface BatchTripletLossOptions extends BatchSoftMarginTripletLossOptions {
  /** The distance by which a negative should be farther than a positive. Default 5. */
  readonly margin?: number | undefined;
}

/** Masks of the pairs of an anchor (row) and another row of the batch (column). */
interface Pairs {
  /** 1 for another row of the anchor's label, else 0: [batch, batch] */
  readonly positives: Node;
  /** 1 for a row of another label, else 0: [batch, batch] */
  readonly negatives: Node;
  /** 1 / number of positive pairs: [] */
  readonly perPositive: Node;
}

/**
 * The mean over all triplets that violate the margin. Column: texts; the label `label`, a name or an integer. Memory
 * grows with the third power of the batch size.
 *
 * @throws HpdError `invalid_argument` for invalid options
 */
export function batchAllTriplet(options: BatchTripletLossOptions = {}): Loss {
  return ofMargin("batchAllTriplet", options, (distances, { positives, negatives }, margin) => {
    const triplets = multiply(asPositives(positives), asNegatives(negatives));
    const differences = add(subtract(asPositives(distances), asNegatives(distances)), constant(margin));
    const missing = activation(multiply(triplets, differences), "relu");
    const all = [0, 1, 2];
    const count = sum(greater(missing, constant(tiny)), all);
    return divide(sum(missing, all), add(count, constant(tiny)));
  });
}

/**
 * The farthest positive and the nearest negative of each anchor. Else as `batchAllTriplet`, with memory as the square.
 */
export function batchHardTriplet(options: BatchTripletLossOptions = {}): Loss {
  return ofMargin("batchHardTriplet", options, (distances, pairs, margin, perRow) => {
    const missing = activation(add(hardest(distances, pairs), constant(margin)), "relu");
    return multiply(sum(missing, [0, 1]), perRow);
  });
}

/**
 * The nearest negative of each anchor and positive that is farther than the positive, or the farthest negative if there
 * is none. Else as `batchAllTriplet`.
 */
export function batchSemiHardTriplet(options: BatchTripletLossOptions = {}): Loss {
  return ofMargin("batchSemiHardTriplet", options, (distances, { positives, negatives, perPositive }, margin) => {
    const farther = greater(asNegatives(distances), asPositives(distances));
    const isNone = subtract(constant(1), multiply(farther, asNegatives(negatives)));
    const nearest = min(subtract(asNegatives(distances), multiply(isNone, constant(maskValue))), 2);
    const outside = reshape(nearest, ["batch", "batch"]);
    const isThere = greater(constant(-maskValue / 2), outside);
    const farthest = max(multiply(distances, negatives), 1);
    const semiHard = add(multiply(isThere, outside), multiply(subtract(constant(1), isThere), farthest));
    const missing = add(subtract(distances, semiHard), constant(margin));
    return multiply(sum(activation(multiply(missing, positives), "relu"), [0, 1]), perPositive);
  });
}

/** The same triplets as `batchHardTriplet` with a soft margin: log(1 + exp(positive - negative)). */
export function batchHardSoftMarginTriplet(options: BatchSoftMarginTripletLossOptions = {}): Loss {
  const name = "batchHardSoftMarginTriplet";
  const { distance = "euclidean" } = checkedOptions(name, options, softTable);
  return batchTriplet(name, { distance }, (distances, pairs, perRow) => {
    return multiply(sum(activation(hardest(distances, pairs), "softplus"), [0, 1]), perRow);
  });
}

/** The number added to a divisor that may be 0. */
const tiny = 1e-16;

const softTable: OptionTable<BatchSoftMarginTripletLossOptions> = { distance: "string" };

const table: OptionTable<BatchTripletLossOptions> = { ...softTable, margin: "number" };

function ofMargin(
  name: string,
  options: BatchTripletLossOptions,
  build: (distances: Node, pairs: Pairs, margin: number, perRow: Node) => Node,
): Loss {
  const { distance = "euclidean", margin = 5 } = checkedOptions(name, options, table);
  requirePositive("margin", margin);
  return batchTriplet(name, { distance, margin }, (distances, pairs, perRow) =>
    build(distances, pairs, margin, perRow),
  );
}

function batchTriplet(
  name: string,
  options: { readonly distance: BatchDistance; readonly margin?: number },
  build: (distances: Node, pairs: Pairs, perRow: Node) => Node,
): Loss {
  requireOptionalOneOf("distance", options.distance, batchDistanceNames);
  return {
    recipe: { [name]: options },
    columns: { min: 1, max: 1 },
    labels: () => ({ label: [] }),
    namesLabels: true,
    groupsByLabel: true,
    usesGradCache: true,
    isPerRow: false,
    inputs: () => ({ positives: ["batch", "batch"], negatives: ["batch", "batch"], perPositive: [] }),
    prepare({ label }, rows) {
      const labels = label!.data;
      const positives = new Float32Array(rows * rows);
      const negatives = new Float32Array(rows * rows);
      let count = 0;
      for (let row = 0; row < rows; row++) {
        for (let other = 0; other < rows; other++) {
          if (labels[row] !== labels[other]) negatives[row * rows + other] = 1;
          else if (row !== other) {
            positives[row * rows + other] = 1;
            count++;
          }
        }
      }
      return {
        positives: { dtype: "float32", shape: [rows, rows], data: positives },
        negatives: { dtype: "float32", shape: [rows, rows], data: negatives },
        perPositive: { dtype: "float32", shape: [], data: Float32Array.of(1 / Math.max(count, 1)) },
      };
    },
    build([embeddings], { positives, negatives, perPositive }, perRow) {
      const pairs = { positives: positives!, negatives: negatives!, perPositive: perPositive! };
      const distances = allDistances(options.distance, embeddings!, add(pairs.positives, pairs.negatives));
      return reshape(build(distances, pairs, perRow), []);
    },
  };
}

/** The distance of each anchor's farthest positive minus that of its nearest negative: [batch, 1] */
function hardest(distances: Node, { positives, negatives }: Pairs): Node {
  const farthest = max(multiply(positives, distances), 1);
  // Masked by adding the largest distance of the row, as in Python.
  const away = multiply(max(distances, 1), subtract(constant(1), negatives));
  return subtract(farthest, min(add(distances, away), 1));
}

/** [anchor, positive] -> [anchor, positive, 1] */
function asPositives(x: Node): Node {
  return reshape(x, ["batch", "batch", 1]);
}

/** [anchor, negative] -> [anchor, 1, negative] */
function asNegatives(x: Node): Node {
  return transpose(reshape(x, ["batch", "batch", 1]), [0, 2, 1]);
}
