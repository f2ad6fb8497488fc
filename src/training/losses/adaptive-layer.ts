/**
 * Any loss at several depths: embeddings made of an earlier layer's tokens should do by themselves, and be like those of
 * the last one. Around `matryoshka` it is 2D Matryoshka. Source: sentence-transformers 6.2, `AdaptiveLayerLoss` and
 * `Matryoshka2dLoss`; Li et al. (arXiv 2402.14776).
 */
import { requireOptionalOneOf } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { activation, add, constant, multiply, reshape, slice, subtract } from "../../graph/build.ts";
import { detach, softmax, sum } from "../../graph/build-differentiable.ts";
import type { Node } from "../../graph/node.ts";
import { around, type Loss } from "./loss.ts";
import { sampleFlags } from "./sample-flags.ts";

export const layerWeightings = ["uniform", "log", "linear"] as const;

export interface AdaptiveLayerLossOptions {
  /** Earlier layers that count in a step, drawn by the run's seed; 0 or less for all. Default 1. */
  readonly layersPerStep?: number | undefined;
  /** Default 1. */
  readonly lastLayerWeight?: number | undefined;
  /** Of the mean over the earlier layers of a step. Default 1. */
  readonly priorLayersWeight?: number | undefined;
  /** Of the divergence of an earlier layer's embeddings from the last one's, as distributions. Default 1. */
  readonly klDivWeight?: number | undefined;
  /** What embeddings are divided by to be distributions; 0 for no divergence. Default 0.3. */
  readonly klTemperature?: number | undefined;
  /** How much layer i, the tokens after i layers, counts: 1, 1 / (1 + log(1 + i)), or 1 / (1 + i). Default `uniform`. */
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

/**
 * Of a model with a transformer. Validation counts all layers, each as often as it is drawn.
 *
 * @throws HpdError `invalid_argument` for options that can't do, and for a loss that looks at layers itself
 */
export function adaptiveLayer(loss: Loss, options: AdaptiveLayerLossOptions = {}): Loss {
  const given = checkedOptions("adaptiveLayer", options, table);
  const { layersPerStep = 1, lastLayerWeight = 1, priorLayersWeight = 1, klDivWeight = 1, klTemperature = 0.3 } = given;
  const { layerWeighting = "uniform" } = given;
  requireOptionalOneOf("layerWeighting", layerWeighting, layerWeightings);
  if (!Number.isSafeInteger(layersPerStep)) {
    throw new HpdError("invalid_argument", `layersPerStep should be an integer, got ${layersPerStep}`);
  }
  for (const [name, value] of Object.entries({ lastLayerWeight, priorLayersWeight, klDivWeight, klTemperature })) {
    if (value >= 0 && value < Infinity) continue;
    throw new HpdError("invalid_argument", `${name} should be a non-negative number, got ${value}`);
  }
  if (loss.takesLayers) throw new HpdError("invalid_argument", "adaptiveLayer: the loss looks at layers already");
  // A loss that draws does so for each layer.
  const prefixOf = (layer: number) => (loss.draws ? `layer ${layer} ` : "");
  const ofLayers = <T>(layers: number, of: (layer: number) => Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(
      Array.from({ length: loss.draws ? layers + 1 : 1 }, (_, layer) =>
        Object.entries(of(layer)).map(([name, value]) => [`${prefixOf(layer)}${name}`, value] as const),
      ).flat(),
    );
  return {
    ...loss,
    recipe: {
      adaptiveLayer: {
        loss: loss.recipe,
        ...{ layersPerStep, lastLayerWeight, priorLayersWeight, klDivWeight, klTemperature, layerWeighting },
      },
    },
    parts: undefined,
    takesLayers: true,
    draws: true,
    usesGradCache: true,
    isPerRow: false,
    ...around(loss, (inner) => adaptiveLayer(inner, options)),
    inputs: (dimension, columns, layers) => ({
      ...ofLayers(layers, () => loss.inputs(dimension, columns, layers)),
      chosen: [layers],
    }),
    prepare: (labels, rows, draw) => ({
      ...ofLayers(draw.layers, () => loss.prepare(labels, rows, draw)),
      chosen: {
        dtype: "float32",
        shape: [draw.layers],
        data: sampleFlags(draw.layers, layersPerStep, draw.random),
      },
    }),
    build(embeddings, inputs, perRow, layers) {
      const count = layersPerStep > 0 ? Math.min(layersPerStep, layers.length) : layers.length;
      const lossOf = (columns: readonly Node[], layer: number) => {
        const prefix = prefixOf(layer);
        const own = Object.entries(inputs).flatMap(([name, node]) =>
          name.startsWith(prefix) ? [[name.slice(prefix.length), node] as const] : [],
        );
        return reshape(loss.build(columns, { ...inputs, ...Object.fromEntries(own) }, perRow, []), []);
      };
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

function weightOf(weighting: (typeof layerWeightings)[number], layer: number): number {
  if (weighting === "uniform") return 1;
  return 1 / (1 + (weighting === "log" ? Math.log(1 + layer) : layer));
}

/** Kullback-Leibler divergence of the first's from the last layer's, all rows and columns summed: [] */
function divergenceOf(columns: readonly Node[], last: readonly Node[], temperature: number): Node {
  const scaled = (x: Node) => multiply(x, constant(1 / temperature));
  const sums = columns.map((x, column) => {
    const wanted = scaled(detach(last[column]!));
    const difference = subtract(activation(wanted, "log_softmax"), activation(scaled(x), "log_softmax"));
    return reshape(sum(multiply(softmax(wanted), difference), [0, 1]), []);
  });
  return sums.reduce(add);
}
