/**
 * SparseAutoEncoder: from an embedding to more dimensions, of which the `k` largest count (contrastive sparse
 * representations, CSR). Source: sentence-transformers 6.2, `SparseAutoEncoder.forward`; paper:
 * https://arxiv.org/abs/2503.01776.
 */
import type { JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { activation, linear, subtract } from "../graph/build.ts";
import { type Module, requireFeature } from "./module.ts";
import type { Parameters } from "./parameters.ts";
import { positiveInteger } from "./read-json.ts";

/** The default of `SparseAutoEncoder`. */
const defaultK = 8;

/** Negative numbers are set to 0; who encodes keeps the `k` largest. */
export function buildSparseAutoEncoder(config: JsonObject, file: string, parameters: Parameters): Module {
  const inputs = positiveInteger(config, "input_dim", file);
  const outputs = positiveInteger(config, "hidden_dim", file);
  const k = activeDimensionsOf(config, file);
  if (k > outputs) {
    throw new HpdError("invalid_model", `${file}: k should be at most hidden_dim ${outputs}, got ${k}`);
  }
  const before = parameters.get("pre_bias", [inputs]);
  // One matrix, which safetensors store once.
  const name = parameters.tensors.has("encoder.weight") ? "encoder.weight" : "decoder.linear.weight";
  const weight = parameters.get(name, [outputs, inputs]);
  const bias = parameters.get("latent_bias", [outputs]);
  return {
    type: "SparseAutoEncoder",
    config: { input_dim: inputs, hidden_dim: outputs, k },
    parameters,
    build(features) {
      const embedding = requireFeature("SparseAutoEncoder", features, "sentence_embedding");
      const latents = activation(linear(subtract(embedding, before), weight, bias), "relu");
      return { ...features, sentence_embedding: latents };
    },
    withParameters: (others) => buildSparseAutoEncoder(config, file, others),
    configFiles: () => ({ "config.json": config }),
  };
}

/** The number of dimensions that are not 0. */
export function activeDimensionsOf(config: JsonObject, file: string): number {
  return positiveInteger({ k: defaultK, ...config }, "k", file);
}
