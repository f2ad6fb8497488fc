/**
 * Any loss at several dimensions, so that the first numbers of an embedding, scaled to length 1, can be used alone.
 * Source: sentence-transformers 6.2, `MatryoshkaLoss`; Kusupati et al. (arXiv 2205.13147).
 */
import { requireMethods, requirePositive } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { add, constant, multiply, normalize, reshape, slice } from "../../graph/build.ts";
import { around, type Loss } from "./loss.ts";
import { sampleFlags } from "./sample-flags.ts";

export interface MatryoshkaLossOptions {
  /** The dimensions to train. The model's own should be among them. */
  readonly dimensions: readonly number[];
  /** Weights of the loss at each dimension. Default: 1 each. */
  readonly weights?: readonly number[] | undefined;
  /** Number of dimensions that count in a step, drawn by the run's seed; 0 or less for all. Default -1. */
  readonly dimensionsPerStep?: number | undefined;
}

const table: OptionTable<MatryoshkaLossOptions> = {
  dimensions: "any",
  weights: "any",
  dimensionsPerStep: "number",
};

/** The options with their defaults. @throws HpdError `invalid_argument` for invalid options */
function settingsOf(options: MatryoshkaLossOptions) {
  const given = checkedOptions("matryoshka", options, table);
  const { dimensions, weights = dimensions?.map(() => 1) ?? [], dimensionsPerStep = -1 } = given;
  const areDimensions =
    Array.isArray(dimensions) && dimensions.every((dimension) => Number.isSafeInteger(dimension) && dimension > 0);
  if (!areDimensions || dimensions.length === 0 || weights.length !== dimensions.length) {
    throw new HpdError(
      "invalid_argument",
      `matryoshka: dimensions should be positive integers with a weight for each, got [${dimensions}] and [${weights}]`,
    );
  }
  for (const weight of weights) requirePositive("a weight of matryoshka", weight);
  if (!Number.isSafeInteger(dimensionsPerStep)) {
    throw new HpdError("invalid_argument", `dimensionsPerStep should be an integer, got ${dimensionsPerStep}`);
  }
  return { dimensions, weights, dimensionsPerStep };
}

/** @throws HpdError `invalid_argument` for a loss that has one dimension alone, or belongs around this one */
function requireCuttable(loss: Loss): void {
  if (JSON.stringify(loss.labels(1, 2)) !== JSON.stringify(loss.labels(2, 2))) {
    throw new HpdError(
      "invalid_argument",
      "matryoshka: the loss has one dimension, that of its labels: use another loss",
    );
  }
  if (loss.layer !== undefined) {
    throw new HpdError(
      "invalid_argument",
      "matryoshka: the loss has one dimension, that of its classifier: use another loss",
    );
  }
  if (!loss.takesLayers) return;
  throw new HpdError("invalid_argument", "matryoshka belongs inside: use adaptiveLayer(matryoshka(...))");
}

/**
 * @throws HpdError `invalid_argument` for invalid options, and for a loss whose labels are embeddings or that has a
 *   classifier; from `build`, for a dimension above that of the embeddings
 */
export function matryoshka(loss: Loss, options: MatryoshkaLossOptions): Loss {
  const { dimensions, weights, dimensionsPerStep } = settingsOf(options);
  requireMethods("matryoshka: loss", loss, ["build", "prepare"], "a loss, such as cosent()");
  requireCuttable(loss);
  const draws = dimensionsPerStep > 0 && dimensionsPerStep < dimensions.length;
  return {
    ...loss,
    recipe: { matryoshka: { loss: loss.recipe, dimensions, weights, ...(draws && { dimensionsPerStep }) } },
    parts: undefined,
    ...around(loss, (inner) => matryoshka(inner, options)),
    ...(draws && {
      draws,
      inputs: (...shape) => ({ ...loss.inputs(...shape), "chosen dimensions": [dimensions.length] }),
      prepare(labels, rows, draw) {
        const data = sampleFlags(dimensions.length, dimensionsPerStep, draw.random);
        const chosen = { dtype: "float32", shape: [dimensions.length], data } as const;
        return { ...loss.prepare(labels, rows, draw), "chosen dimensions": chosen };
      },
    }),
    build(embeddings, inputs, perRow, layers) {
      const width = embeddings[0]!.shape[1] as number;
      const terms = dimensions.map((dimension, index) => {
        if (dimension > width) {
          throw new HpdError(
            "invalid_argument",
            `matryoshka: the dimension ${dimension} should be at most ${width}, that of the embeddings`,
          );
        }
        const cut = embeddings.map((x) => normalize(slice(x, 1, 0, dimension)));
        const term = multiply(reshape(loss.build(cut, inputs, perRow, layers), []), constant(weights[index]!));
        return draws ? multiply(term, reshape(slice(inputs["chosen dimensions"]!, 0, index, 1), [])) : term;
      });
      return terms.reduce(add);
    },
  };
}
