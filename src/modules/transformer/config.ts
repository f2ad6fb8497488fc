/** What config.json says of a transformer, in our own words. */

import type { JsonObject } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import type { Activation } from "../../graph/activation.ts";
import { nonNegativeInteger, nonNegativeNumber, positiveInteger, string } from "../read-json.ts";
import type { Architecture } from "./architecture.ts";
import { bert } from "./bert.ts";
import { distilbert } from "./distilbert.ts";
import { mpnet } from "./mpnet.ts";
import { roberta, xlmRoberta } from "./roberta.ts";

export interface TransformerConfig {
  readonly architecture: Architecture;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly intermediateSize: number;
  readonly activation: Activation;
  readonly layerNormEpsilon: number;
  readonly vocabularySize: number;
  readonly maxPositions: number;
  /** What positions count from, where they do so after padding. */
  readonly paddingId: number;
}

const architectures: Readonly<Record<string, Architecture>> = {
  bert,
  roberta,
  "xlm-roberta": xlmRoberta,
  distilbert,
  mpnet,
};

/** Names in transformers' ACT2FN. */
const activationOfName: Readonly<Record<string, Activation>> = {
  gelu: "gelu",
  gelu_python: "gelu",
  gelu_new: "gelu_tanh",
  gelu_fast: "gelu_tanh",
  gelu_pytorch_tanh: "gelu_tanh",
  quick_gelu: "quick_gelu",
  leaky_relu: "leaky_relu",
  linear: "identity",
  mish: "mish",
  relu: "relu",
  relu6: "relu6",
  sigmoid: "sigmoid",
  silu: "silu",
  swish: "silu",
  tanh: "tanh",
};

/** @throws HpdError `unsupported` for another architecture, with the list of those that work; `invalid_model`. */
export function parseTransformerConfig(config: JsonObject, file: string): TransformerConfig {
  const architecture = lookUp(architectures, config.model_type, "model_type", file);
  const { keys } = architecture;
  architecture.check(config, file);
  const hiddenSize = positiveInteger(config, keys.hiddenSize, file);
  const heads = positiveInteger(config, keys.heads, file);
  if (hiddenSize % heads !== 0) {
    throw new HpdError(
      "invalid_model",
      `${file}: ${keys.hiddenSize} ${hiddenSize} can't be split into ${keys.heads} ${heads}`,
    );
  }
  return {
    architecture,
    layers: positiveInteger(config, keys.layers, file),
    hiddenSize,
    heads,
    intermediateSize: positiveInteger(config, keys.intermediateSize, file),
    activation: lookUp(activationOfName, string(config, keys.activation, file, "gelu"), keys.activation, file),
    layerNormEpsilon: nonNegativeNumber(config, "layer_norm_eps", file, 1e-12),
    vocabularySize: positiveInteger(config, "vocab_size", file),
    maxPositions: positiveInteger(config, "max_position_embeddings", file),
    paddingId: architecture.positions === "after_padding" ? nonNegativeInteger(config, "pad_token_id", file, 1) : 0,
  };
}

function lookUp<T>(table: Readonly<Record<string, T>>, name: unknown, key: string, file: string): T {
  const value = typeof name === "string" && Object.hasOwn(table, name) ? table[name] : undefined;
  if (value !== undefined) return value;
  throw new HpdError(
    "unsupported",
    `${file}: ${key} ${JSON.stringify(name)} is not known; known are ${Object.keys(table).join(", ")}`,
  );
}
