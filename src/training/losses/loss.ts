/** A function that training makes small. */
import type { Dimension, Node } from "../../graph/node.ts";
import type { Random } from "../../random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Labels } from "../data/training-set.ts";

export interface Loss {
  /** Its name and options, for the record of a run: a run that is resumed has the same. */
  readonly recipe: Readonly<Record<string, unknown>>;
  /** Number of columns of texts: `min` 2 and `max` Infinity for anchors, positives and any number of negatives. */
  readonly columns: { readonly min: number; readonly max: number };
  /** The labels that it takes, by name, with the shape of a row's: `target` of [dimension], `score` of []. */
  labels(dimension: number, columns: number): Readonly<Record<string, readonly number[]>>;
  /** Names by which a label may be given, each instead of its place among them. */
  readonly labelNames?: readonly string[] | undefined;
  /** What a number of a label should be; default any. */
  readonly labelRange?: { readonly expected: string; holds(value: number): boolean } | undefined;
  /** Whether rows are compared by their labels, so that there is nothing to learn where all are alike. */
  readonly comparesLabels?: true | undefined;
  /** Whether labels are names or integers that say no more than which rows have the same: they are numbered from 0. */
  readonly namesLabels?: true | undefined;
  /** Whether a text can be its own positive, because dropout makes two embeddings of it: one column will do. */
  readonly pairsWithItself?: true | undefined;
  /** Whether rows of the same label are compared, so that batches should hold several rows of several labels. */
  readonly groupsByLabel?: true | undefined;
  /** Whether a loss of one column needs the embeddings of the whole batch (GradCache, see `Program`). */
  readonly usesGradCache?: true | undefined;
  /** Whether the texts of other rows are an anchor's negatives, so that no text may be in a batch twice. */
  readonly hasInBatchNegatives?: true | undefined;
  /** Whether the embeddings of every layer are given to `build`, made by the modules behind the transformer. */
  readonly takesLayers?: true | undefined;
  /** Whether what `prepare` makes is drawn anew in each step. */
  readonly draws?: true | undefined;
  /** The model whose embeddings of all texts are the label `guide`: [rows, columns width]; with it, `withGuide`. */
  readonly guide?: { readonly model: string; readonly revision: string | undefined } | undefined;
  /** The same loss, of a guide with embeddings of this width. */
  withGuide?(width: number): Loss;
  /** The same loss, of rows with so many different labels; 2 or more. For a loss with `namesLabels`. */
  withClasses?(count: number): Loss;
  /**
   * Of a loss of several columns: a linear layer that is trained beside the student and isn't part of the model. `build`
   * gets its `weight` [outputs, inputs] and `bias` [outputs] beside its inputs.
   */
  layer?(dimension: number): { readonly outputs: number; readonly inputs: number };
  /** Whether it is a sum over rows, so that parts of a batch can be computed apart. */
  readonly isPerRow: boolean;
  /** What the graph takes beside embeddings, by name; "batch" stands for the rows. */
  inputs(dimension: number, columns: number, layers: number): Readonly<Record<string, readonly Dimension[]>>;
  /** These inputs of a batch, or of the part of it that is computed. */
  prepare(labels: Labels, rows: number, draw: Draw): Readonly<Record<string, Tensor<"float32">>>;
  /**
   * @param embeddings of each column: [batch, dimension]
   * @param inputs as `inputs` names them
   * @param perRow 1 / rows of the whole batch: []
   * @param layers for a loss that takes them, of each layer but the last one what `embeddings` is: that of the embedded
   *   tokens first
   * @returns a number
   */
  build(...given: LossArguments): Node;
  /** The parts of a sum: their names, and their values, numbers whose sum `build` returns. */
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

/** What a loss that draws draws of. */
export interface Draw {
  /** Layers that it is given, the last one not counted; 0 for a loss that takes none. */
  readonly layers: number;
  /** The same whenever the step is made again; undefined in validation, which draws nothing. */
  readonly random: Random | undefined;
}

/** What a wrapper's loss has of its own where the loss inside waits for a guide, or for the number of labels. */
export function around(loss: Loss, wrap: (inner: Loss) => Loss): Pick<Loss, "withGuide" | "withClasses"> {
  const { withGuide, withClasses } = loss;
  return {
    ...(withGuide && { withGuide: (width) => wrap(withGuide(width)) }),
    ...(withClasses && { withClasses: (count) => wrap(withClasses(count)) }),
  };
}

/** What a loss asks of the rows of a dataset. */
export type RowLoss = Pick<
  Loss,
  | "recipe"
  | "columns"
  | "labels"
  | "labelNames"
  | "labelRange"
  | "comparesLabels"
  | "namesLabels"
  | "pairsWithItself"
  | "groupsByLabel"
  | "guide"
  | "withClasses"
  | "hasInBatchNegatives"
>;

/** What losses have whose labels go into the graph as they are. */
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

/** What losses have that take no labels. */
export const withoutLabels = withLabels(() => ({}));
