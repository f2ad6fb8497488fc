/**
 * Any loss at several depths, so that the model can be cut: embeddings made of an earlier layer's tokens are trained
 * too, and to be like those of the last layer. Around `matryoshka` it is 2D Matryoshka. Source: sentence-transformers
 * 6.2, `AdaptiveLayerLoss` and `Matryoshka2dLoss`; Li et al. (arXiv 2402.14776).
 */
import { requireMethods, requireNonNegative, requireOptionalOneOf } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { activation, add, constant, multiply, reshape, slice, subtract } from "../../graph/build.ts";
import { detach, softmax, sum } from "../../graph/build-differentiable.ts";
import type { Node } from "../../graph/node.ts";
import { around, type Loss } from "./loss.ts";
import { withoutPrefix, withPrefix } from "./prefixed-inputs.ts";
import { sampleFlags } from "./sample-flags.ts";

const layerWeightings = ["uniform", "log", "linear"] as const;

export interface AdaptiveLayerLossOptions {
  /** Number of earlier layers that count in a step, drawn by the run's seed; 0 or less for all. Default 1. */
  readonly layersPerStep?: number | undefined;
  /** Weight of the last layer's loss. Default 1. */
  readonly lastLayerWeight?: number | undefined;
  /** Weight of the mean loss over the earlier layers of a step. Default 1. */
  readonly priorLayersWeight?: number | undefined;
  /** Weight of the divergence of an earlier layer's embeddings from the last one's, as distributions. Default 1. */
  readonly klDivWeight?: number | undefined;
  /** Temperature of the softmax that makes distributions of embeddings; 0 for no divergence. Default 0.3. */
  readonly klTemperature?: number | undefined;
  /** Weight of layer i (the tokens after i layers): 1, 1 / (1 + log(1 + i)), or 1 / (1 + i). Default `uniform`. */
  readonly layerWeighting?: (typeof layerWeightings)[number] | undefined;
}

const table: OptionTable<AdaptiveLayerLossOptions> = {
  layersPerStep: "number",
  lastLayerWeight: "number",
  priorLayersWeight: "number",
  klDivWeight: "number",
  klTemperature: "number",
  layerWeighting: "string",
};

/** The options with their defaults, in the order of recipes. @throws HpdError `invalid_argument` for invalid options */
function settingsOf(options: AdaptiveLayerLossOptions) {
  const given = checkedOptions("adaptiveLayer", options, table);
  const { layersPerStep = 1, lastLayerWeight = 1, priorLayersWeight = 1, klDivWeight = 1, klTemperature = 0.3 } = given;
  const { layerWeighting = "uniform" } = given;
  requireOptionalOneOf("layerWeighting", layerWeighting, layerWeightings);
  if (!Number.isSafeInteger(layersPerStep)) {
    throw new HpdError("invalid_argument", `layersPerStep should be an integer, got ${layersPerStep}`);
  }
  for (const [name, value] of Object.entries({ lastLayerWeight, priorLayersWeight, klDivWeight, klTemperature })) {
    requireNonNegative(name, value);
  }
  return { layersPerStep, lastLayerWeight, priorLayersWeight, klDivWeight, klTemperature, layerWeighting };
}

/**
 * The loss at earlier layers and the last one, for a model with a transformer. Validation counts all layers, each by
 * the probability of being drawn.
 *
 * @throws HpdError `invalid_argument` for invalid options, and for a loss that takes layers itself
 */
export function adaptiveLayer(loss: Loss, options: AdaptiveLayerLossOptions = {}): Loss {
  const settings = settingsOf(options);
  requireMethods("adaptiveLayer: loss", loss, ["build", "prepare"], "a loss, such as cosent()");
  if (loss.takesLayers) throw new HpdError("invalid_argument", "adaptiveLayer: the loss takes layers already");
  const { layersPerStep, lastLayerWeight, priorLayersWeight, klDivWeight, klTemperature, layerWeighting } = settings;
  return {
    ...loss,
    recipe: { adaptiveLayer: { loss: loss.recipe, ...settings } },
    parts: undefined,
    takesLayers: true,
    draws: true,
    usesGradCache: true,
    isPerRow: false,
    ...around(loss, (inner) => adaptiveLayer(inner, options)),
    inputs: (dimension, columns, layers) => ({
      ...byLayer(loss, layers, () => loss.inputs(dimension, columns, layers)),
      chosen: [layers],
    }),
    prepare: (labels, rows, draw) => ({
      ...byLayer(loss, draw.layers, () => loss.prepare(labels, rows, draw)),
      chosen: {
        dtype: "float32",
        shape: [draw.layers],
        data: sampleFlags(draw.layers, layersPerStep, draw.random),
      },
    }),
    build(embeddings, inputs, perRow, layers) {
      const count = layersPerStep > 0 ? Math.min(layersPerStep, layers.length) : layers.length;
      const lossOf = (columns: readonly Node[], layer: number) =>
        reshape(loss.build(columns, inputsAt(loss, layer, inputs), perRow, []), []);
      const terms = layers.map((columns, layer) => {
        const weight = (weightOf(layerWeighting, layer) * priorLayersWeight) / count;
        const own = multiply(lossOf(columns, layer), constant(weight));
        const divergence = klTemperature === 0 ? undefined : divergenceOf(columns, embeddings, klTemperature);
        const factor = constant((klTemperature * klDivWeight) / embeddings.length);
        const term = divergence === undefined ? own : add(own, multiply(multiply(divergence, perRow), factor));
        return multiply(term, reshape(slice(inputs.chosen!, 0, layer, 1), []));
      });
      return terms.reduce(add, multiply(lossOf(embeddings, layers.length), constant(lastLayerWeight)));
    },
  };
}

/** The prefix of the inner loss's inputs at a layer: a loss that draws does so for each layer by itself. */
function prefixOf(loss: Loss, layer: number): string {
  return loss.draws ? `layer ${layer} ` : "";
}

/** Inputs of the inner loss, or their values, for all layers and the last one. @param make those of one layer */
function byLayer<T>(loss: Loss, layers: number, make: () => Readonly<Record<string, T>>): Record<string, T> {
  const sets = Array.from({ length: loss.draws ? layers + 1 : 1 }, (_, layer) =>
    withPrefix(prefixOf(loss, layer), make()),
  );
  return Object.assign({}, ...sets);
}

/** The inputs of the inner loss at one layer, under its own names; its layer's parameters have no prefix. */
function inputsAt(loss: Loss, layer: number, inputs: Readonly<Record<string, Node>>): Record<string, Node> {
  return { ...inputs, ...withoutPrefix(prefixOf(loss, layer), inputs) };
}

function weightOf(weighting: (typeof layerWeightings)[number], layer: number): number {
  if (weighting === "uniform") return 1;
  return 1 / (1 + (weighting === "log" ? Math.log(1 + layer) : layer));
}

/** Kullback-Leibler divergence of the columns from those of the last layer, summed over rows and columns: [] */
function divergenceOf(columns: readonly Node[], last: readonly Node[], temperature: number): Node {
  const scaled = (x: Node) => multiply(x, constant(1 / temperature));
  const sums = columns.map((x, column) => {
    const wanted = scaled(detach(last[column]!));
    const difference = subtract(activation(wanted, "log_softmax"), activation(scaled(x), "log_softmax"));
    return reshape(sum(multiply(softmax(wanted), difference), [0, 1]), []);
  });
  return sums.reduce(add);
}
