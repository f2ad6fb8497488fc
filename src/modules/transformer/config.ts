/** What config.json says of a transformer, in our own words. */

import { describe, isObject, type JsonObject } from "../../common/json.ts";
import { checkKeys } from "../../common/key-table.ts";
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
  gelu_accurate: "gelu_tanh",
  gelu_python: "gelu",
  gelu_python_tanh: "gelu_tanh",
  gelu_new: "gelu_tanh",
  gelu_fast: "gelu_tanh",
  gelu_pytorch_tanh: "gelu_tanh",
  hardswish: "hardswish",
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

/**
 * A config without the keys that transformers takes for others: DistilBERT's `num_hidden_layers` sets `n_layers`.
 *
 * @param overrides go before the keys of `json`
 * @throws HpdError `unsupported` for another architecture
 */
export function withoutAliases(json: JsonObject, file: string, overrides: JsonObject = {}): JsonObject {
  const { aliases = {} } = lookUp(architectures, json.model_type, "model_type", file);
  const resolved = (config: JsonObject): JsonObject => {
    const given = Object.entries(aliases).filter(([alias]) => Object.hasOwn(config, alias));
    if (given.length === 0) return config;
    const others = Object.entries(config).filter(([key]) => !Object.hasOwn(aliases, key));
    return Object.fromEntries([...others, ...given.map(([alias, key]) => [key, config[alias]])]);
  };
  return { ...resolved(json), ...resolved(overrides) };
}

/** @throws HpdError `unsupported` for another architecture, with the list of those that work; `invalid_model`. */
export function parseTransformerConfig(json: JsonObject, file: string): TransformerConfig {
  const architecture = lookUp(architectures, json.model_type, "model_type", file);
  const { keys, fixed } = architecture;
  checkKeys(json, { keys: architecture.configKeys, others: "ignored" }, file);
  refuseOwnCode(json, file);
  const config = { ...architecture.defaults, ...withoutAliases(json, file) };
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
    activation: lookUp(activationOfName, string(config, keys.activation, file), keys.activation, file),
    layerNormEpsilon: fixed?.layerNormEpsilon ?? nonNegativeNumber(config, "layer_norm_eps", file),
    vocabularySize: positiveInteger(config, "vocab_size", file),
    maxPositions: positiveInteger(config, "max_position_embeddings", file),
    paddingId:
      fixed?.paddingId ??
      (architecture.positions === "after_padding" ? nonNegativeInteger(config, "pad_token_id", file) : 0),
  };
}

/** Tokens that one text may have, special ones included: no setting makes more positions. */
export function longestText({ architecture, maxPositions, paddingId }: TransformerConfig): number {
  return architecture.positions === "after_padding" ? maxPositions - paddingId - 1 : maxPositions;
}

/** Without trust in it Python takes its own class of that name, with other embeddings than the model's authors'. */
function refuseOwnCode({ auto_map: map }: JsonObject, file: string): void {
  const own = isObject(map) ? ["AutoConfig", "AutoModel"].find((name) => Object.hasOwn(map, name)) : undefined;
  if (own === undefined) return;
  throw new HpdError(
    "unsupported",
    `${file}: auto_map names ${own} ${describe((map as JsonObject)[own])}: the model is computed by code of its own, ` +
      "which is not known here",
  );
}

function lookUp<T>(table: Readonly<Record<string, T>>, name: unknown, key: string, file: string): T {
  const value = typeof name === "string" && Object.hasOwn(table, name) ? table[name] : undefined;
  if (value !== undefined) return value;
  throw new HpdError(
    "unsupported",
    `${file}: ${key} ${describe(name)} is not known; known are ${Object.keys(table).join(", ")}`,
  );
}
