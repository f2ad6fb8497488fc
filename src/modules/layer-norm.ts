/** Layer normalisation of the embedding. Source: `sentence_transformers.models.LayerNorm`. */

import type { JsonObject } from "../common/json.ts";
import { layerNorm } from "../graph/build.ts";
import { type Module, requireFeature } from "./module.ts";
import type { Parameters } from "./parameters.ts";
import { positiveInteger } from "./read-json.ts";

/** The default of torch.nn.LayerNorm. */
const epsilon = 1e-5;

export function buildLayerNorm(config: JsonObject, file: string, parameters: Parameters): Module {
  const dimension = positiveInteger(config, "dimension", file);
  const weight = parameters.get("norm.weight", [dimension]);
  const bias = parameters.get("norm.bias", [dimension]);
  return {
    type: "LayerNorm",
    config: { dimension },
    parameters,
    build: (features) => ({
      ...features,
      sentence_embedding: layerNorm(requireFeature("LayerNorm", features, "sentence_embedding"), weight, bias, epsilon),
    }),
    withParameters: (others) => buildLayerNorm(config, file, others),
    configFiles: () => ({ "config.json": { dimension } }),
  };
}
