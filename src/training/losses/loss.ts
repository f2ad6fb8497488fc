/** The interface of losses. */
import type { Dimension, Node } from "../../graph/node.ts";
import type { Random } from "../../random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Labels } from "../data/training-set.ts";

export interface Loss {
  /** Name and options, for the record of a run: a resumed run must have the same. */
  readonly recipe: Readonly<Record<string, unknown>>;
  /** Number of columns of texts: `min` 2 and `max` Infinity for anchors, positives and any number of negatives. */
  readonly columns: { readonly min: number; readonly max: number };
  /** The labels by name, with their shape in one row: `target` of [dimension], `score` of []. */
  labels(dimension: number, columns: number): Readonly<Record<string, readonly number[]>>;
  /** Names that may stand for a label's number, each for its index. */
  readonly labelNames?: readonly string[] | undefined;
  /** The allowed numbers of a label. Default: any. */
  readonly labelRange?: { readonly expected: string; holds(value: number): boolean } | undefined;
  /** Whether rows are compared by their labels, so that nothing can be learnt from labels that are all alike. */
  readonly comparesLabels?: true | undefined;
  /** Whether the label is differences of scores, for which rows may have the scores, the first one less each other. */
  readonly takesDifferences?: true | undefined;
  /** Whether labels are classes, names or integers, which are numbered from 0. */
  readonly namesLabels?: true | undefined;
  /** Whether a text can be its own positive, embedded twice with different dropout, so that one column is enough. */
  readonly pairsWithItself?: true | undefined;
  /** Whether rows of the same label are compared, so that batches should hold several rows of several labels. */
  readonly groupsByLabel?: true | undefined;
  /** Whether a loss of one column needs the embeddings of the whole batch (GradCache, see `Program`). */
  readonly usesGradCache?: true | undefined;
  /**
   * Whether the texts after the first may be one list, of another length in each row: shorter ones are filled up by empty
   * texts with the label -Infinity.
   */
  readonly takesLists?: true | undefined;
  /** Whether the texts of other rows are an anchor's negatives, so that no text may be in a batch twice. */
  readonly hasInBatchNegatives?: true | undefined;
  /** Whether `build` takes the embeddings of every layer, as the modules behind the transformer make them. */
  readonly takesLayers?: true | undefined;
  /** Whether `prepare` draws at random in each step. */
  readonly draws?: true | undefined;
  /** The model whose embeddings of all texts are the label `guide`: [rows, columns width]. It requires `withGuide`. */
  readonly guide?: { readonly model: string; readonly revision: string | undefined } | undefined;
  /** The same loss for a guide with embeddings of this width. */
  withGuide?(width: number): Loss;
  /** The same loss for this number of classes, 2 or more. It requires `namesLabels`. */
  withClasses?(count: number): Loss;
  /**
   * A linear layer that is trained with the student and isn't part of the model, for a loss of several columns. `build`
   * takes its `weight` [outputs, inputs] and `bias` [outputs] beside its inputs.
   */
  layer?(dimension: number): { readonly outputs: number; readonly inputs: number };
  /** Whether it is a sum over rows, so that a batch can be divided. */
  readonly isPerRow: boolean;
  /** The inputs of the graph beside embeddings, by name; "batch" stands for the number of rows. */
  inputs(dimension: number, columns: number, layers: number): Readonly<Record<string, readonly Dimension[]>>;
  /** The values of `inputs` for a batch, or for some of its rows. */
  prepare(labels: Labels, rows: number, draw: Draw): Readonly<Record<string, Tensor<"float32">>>;
  /**
   * Builds the graph of the loss.
   *
   * @param embeddings one node for each column: [batch, dimension]
   * @param inputs nodes of `inputs`, by name
   * @param perRow 1 / rows of the whole batch: []
   * @param layers the `embeddings` of every layer but the last, from that of the embedded tokens on; empty unless
   *   `takesLayers`
   * @returns a scalar
   */
  build(...given: LossArguments): Node;
  /** The parts of a loss that is a sum: their names, and scalars whose sum `build` returns. */
  readonly parts?: { readonly names: readonly string[]; build(...given: LossArguments): Node[] } | undefined;
}

type LossArguments = readonly [
  embeddings: readonly Node[],
  inputs: Readonly<Record<string, Node>>,
  perRow: Node,
  layers: readonly (readonly Node[])[],
];

/** The number of columns that a loss takes, in words: `2`, `1 to 2`, `3 or more`. */
export function columnCounts({ columns: { min, max } }: Pick<Loss, "columns">): string {
  return min === max ? `${min}` : `${min} ${max === Infinity ? "or more" : `to ${max}`}`;
}

/** The source of random choices of `Loss.prepare`. */
export interface Draw {
  /** Number of layers below the last one; 0 for a loss that takes none. */
  readonly layers: number;
  /** Random numbers, the same whenever a step is repeated; undefined in validation, which draws nothing. */
  readonly random: Random | undefined;
}

/** The methods of a loss around another one that needs a guide, or the number of classes. */
export function around(loss: Loss, wrap: (inner: Loss) => Loss): Pick<Loss, "withGuide" | "withClasses"> {
  const { withGuide, withClasses } = loss;
  return {
    ...(withGuide && { withGuide: (width) => wrap(withGuide(width)) }),
    ...(withClasses && { withClasses: (count) => wrap(withClasses(count)) }),
  };
}

/** The part of a loss that concerns the rows of a dataset. */
export type RowLoss = Pick<
  Loss,
  | "recipe"
  | "columns"
  | "labels"
  | "labelNames"
  | "labelRange"
  | "comparesLabels"
  | "takesDifferences"
  | "namesLabels"
  | "pairsWithItself"
  | "groupsByLabel"
  | "guide"
  | "withClasses"
  | "takesLists"
  | "hasInBatchNegatives"
>;

/** Labels and inputs of a loss whose graph takes the labels unchanged. */
export function withLabels(
  shapes: (dimension: number, columns: number) => Readonly<Record<string, readonly number[]>>,
): Pick<Loss, "labels" | "inputs" | "prepare"> {
  return {
    labels: shapes,
    inputs: (dimension, columns) =>
      Object.fromEntries(
        Object.entries(shapes(dimension, columns)).map(([name, shape]) => [name, ["batch", ...shape]]),
      ),
    prepare: (labels) => labels,
  };
}

/** Labels and inputs of a loss without labels. */
export const withoutLabels = withLabels(() => ({}));
