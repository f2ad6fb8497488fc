/**
 * Cross-entropy of a linear classifier of pairs by their two embeddings, which is trained with the model.
 * Source: sentence-transformers 6.2, `SoftmaxLoss`; Reimers and Gurevych, Sentence-BERT (arXiv 1908.10084).
 */
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { concat, linear, multiply, reshape, subtract } from "../../graph/build.ts";
import { logSumExp, sum } from "../../graph/build-differentiable.ts";
import type { Loss } from "./loss.ts";
import { absolute } from "./pairwise.ts";

/** The inputs of the classifier, out of the embeddings u and v; at least one. */
export interface SoftmaxLossOptions {
  /** Whether u and v are inputs. Default true. */
  readonly concatenationSentRep?: boolean | undefined;
  /** Whether |u - v| is an input. Default true. */
  readonly concatenationSentDifference?: boolean | undefined;
  /** Whether the elementwise product of u and v is an input. Default false. */
  readonly concatenationSentMultiplication?: boolean | undefined;
}

const table: OptionTable<SoftmaxLossOptions> = {
  concatenationSentRep: "boolean",
  concatenationSentDifference: "boolean",
  concatenationSentMultiplication: "boolean",
};

/**
 * Columns: two texts; the label `label`, a name or an integer. The classes are the different labels of the data,
 * numbers by value and names alphabetically. The classifier is part of checkpoints, but not of the model.
 *
 * @throws HpdError `invalid_argument` for invalid options
 */
export function softmax(options: SoftmaxLossOptions = {}): Loss {
  const given = checkedOptions("softmax", options, table);
  const { concatenationSentRep = true, concatenationSentDifference = true } = given;
  const { concatenationSentMultiplication = false } = given;
  const vectors =
    2 * Number(concatenationSentRep) + Number(concatenationSentDifference) + Number(concatenationSentMultiplication);
  if (vectors === 0) {
    throw new HpdError(
      "invalid_argument",
      "softmax: the classifier needs an input: set concatenationSentRep, concatenationSentDifference or " +
        "concatenationSentMultiplication",
    );
  }
  const recipe = {
    softmax: { concatenationSentRep, concatenationSentDifference, concatenationSentMultiplication },
  };
  const ofClasses = (classes: number): Loss => ({
    recipe,
    columns: { min: 2, max: 2 },
    labels: () => ({ label: [] }),
    namesLabels: true,
    withClasses: ofClasses,
    layer: (dimension) => ({ outputs: classes, inputs: vectors * dimension }),
    isPerRow: true,
    inputs: () => ({ classes: ["batch", classes] }),
    prepare({ label }, rows) {
      const data = new Float32Array(rows * classes);
      for (const [row, value] of label!.data.entries()) data[row * classes + value] = 1;
      return { classes: { dtype: "float32", shape: [rows, classes], data } };
    },
    build([u, v], { classes, weight, bias }, perRow) {
      const given = concat([
        ...(concatenationSentRep ? [u!, v!] : []),
        ...(concatenationSentDifference ? [absolute(subtract(u!, v!))] : []),
        ...(concatenationSentMultiplication ? [multiply(u!, v!)] : []),
      ]);
      const scores = linear(given, weight!, bias!);
      const own = sum(multiply(classes!, scores), [1]);
      return reshape(multiply(sum(subtract(logSumExp(scores), own), [0, 1]), perRow), []);
    },
  });
  return ofClasses(2);
}
