/**
 * Common parts of Llama and families like it: norms before attention and feed-forward, grouped queries, rotary
 * positions, a gated feed-forward. Source: transformers, `models/llama/modeling_llama.py`.
 */
import { describe, type JsonObject } from "../../../common/json.ts";
import { ignored, type KeyRule, read } from "../../../common/key-table.ts";
import { HpdError } from "../../../errors.ts";
import * as graph from "../../../graph/build.ts";
import type { Node } from "../../../graph/node.ts";
import type { Features } from "../../features.ts";
import { commonKeys } from "../../keys/transformer-keys.ts";
import { nonNegativeNumber, positiveInteger, string } from "../../read-json.ts";
import type { FamilyConfig } from "../family.ts";
import { activationOf } from "../look-up.ts";
import { linearOf, rotaryAttention } from "./rotary-attention.ts";
import { type Layer, rmsNorm, type Scope } from "./scope.ts";

export interface LlamaLikeConfig extends FamilyConfig {
  /** Number of key and value heads, each shared by equally many query heads. */
  readonly keyHeads: number;
  readonly headWidth: number;
}

export const llamaLikeKeys: Readonly<Record<string, KeyRule>> = {
  ...commonKeys,
  ...read("num_hidden_layers", "hidden_size", "num_attention_heads", "num_key_value_heads", "intermediate_size"),
  ...read("head_dim", "rms_norm_eps", "rope_parameters", "rope_scaling", "rope_theta", "is_causal"),
  ...ignored("for training", "attention_dropout"),
  partial_rotary_factor: { only: [null, 1], because: "a part of each head would not be rotated" },
};

/**
 * Parses the sizes.
 *
 * @param activationKey the key of the activation in config.json
 * @throws HpdError `invalid_model` for heads that can't be grouped, or rotated in pairs
 */
export function parseLlamaLike(json: JsonObject, file: string, activationKey: string): LlamaLikeConfig {
  const heads = positiveInteger(json, "num_attention_heads", file);
  const keyHeads = positiveInteger(json, "num_key_value_heads", file);
  if (heads % keyHeads !== 0) {
    throw new HpdError(
      "invalid_model",
      `${file}: num_attention_heads ${heads} should be a multiple of num_key_value_heads ${keyHeads}`,
    );
  }
  const headWidth = positiveInteger(json, "head_dim", file);
  if (headWidth % 2 !== 0) {
    throw new HpdError("invalid_model", `${file}: head_dim should be even, to be rotated in pairs, got ${headWidth}`);
  }
  return {
    layers: positiveInteger(json, "num_hidden_layers", file),
    hiddenSize: positiveInteger(json, "hidden_size", file),
    heads,
    keyHeads,
    headWidth,
    intermediateSize: positiveInteger(json, "intermediate_size", file),
    activation: activationOf(string(json, activationKey, file), activationKey, file),
    epsilon: nonNegativeNumber(json, "rms_norm_eps", file),
    vocabularySize: positiveInteger(json, "vocab_size", file),
    maxPositions: positiveInteger(json, "max_position_embeddings", file),
    positions: { kind: "relative" },
  };
}

/**
 * The width of a head where config.json has none.
 *
 * @throws HpdError `invalid_model` where heads don't divide the whole
 */
export function splitByHeads(json: JsonObject, file: string): number {
  const width = positiveInteger(json, "hidden_size", file);
  const heads = positiveInteger(json, "num_attention_heads", file);
  if (width % heads === 0) return width / heads;
  throw new HpdError("invalid_model", `${file}: hidden_size ${width} can't be split into num_attention_heads ${heads}`);
}

/** `is_causal`: null would mean one thing for some texts and another for the others in Python. */
export function isCausal({ is_causal: causal = true }: JsonObject, file: string): boolean {
  if (typeof causal === "boolean") return causal;
  throw new HpdError("invalid_model", `${file}: is_causal should be true or false, got ${describe(causal)}`);
}

/**
 * The maximum distance that a token sees for a `sliding_window` of `size`: transformers counts the token itself if
 * attention is causal, and doesn't if it is bidirectional.
 */
export function windowOf(size: number, causal: boolean): number {
  return causal ? size - 1 : size;
}

/** A linear's bias: whether there is one, and the key of config.json that says so. */
export interface Bias {
  readonly has: boolean;
  readonly key?: string;
}

export interface AttentionSettings {
  readonly frequencies: readonly number[];
  readonly causal: boolean;
  /** Maximum distance that a token sees; undefined for any. */
  readonly window?: number | undefined;
  /** Factor of the scores. Default: 1 / sqrt(width of a head). */
  readonly scale?: number | undefined;
  /** Norms of each head of queries and of keys, [tokens, heads, width of a head]. */
  readonly norms?: { readonly query: Layer; readonly key: Layer };
  /** Biases of queries, keys and values, and of the output. */
  readonly biases: { readonly input: Bias; readonly output: Bias };
}

/** `self_attn`: queries and keys normalised if the family does so, rotated, and grouped. */
export function groupedAttention(
  scope: Scope,
  { hiddenSize, heads, keyHeads, headWidth }: LlamaLikeConfig,
  mask: Node,
  { norms, biases: { input, output }, ...options }: AttentionSettings,
): Layer {
  const projection = (name: string, count: number): Layer =>
    linearOf(scope.at(name), hiddenSize, count * headWidth, { bias: input.has, key: input.key });
  const [query, key, value] = [
    projection("q_proj", heads),
    projection("k_proj", keyHeads),
    projection("v_proj", keyHeads),
  ];
  const out = linearOf(scope.at("o_proj"), heads * headWidth, hiddenSize, { bias: output.has, key: output.key });
  const byHead = (x: Node, count: number, norm?: Layer): Node => {
    if (norm === undefined) return x;
    return graph.reshape(norm(graph.reshape(x, ["tokens", count, headWidth])), ["tokens", count * headWidth]);
  };
  return (x) => {
    const parts = [byHead(query(x), heads, norms?.query), byHead(key(x), keyHeads, norms?.key), value(x)];
    return out(rotaryAttention(parts, mask, { heads, keyHeads, ...options }));
  };
}

/** `mlp`: down(activation(gate(x)) * up(x)) */
export function gatedFeedForward(
  scope: Scope,
  { hiddenSize, intermediateSize, activation }: FamilyConfig,
  { has: bias, key }: Bias = { has: false },
): Layer {
  const gate = linearOf(scope.at("gate_proj"), hiddenSize, intermediateSize, { bias, key });
  const up = linearOf(scope.at("up_proj"), hiddenSize, intermediateSize, { bias, key });
  const down = linearOf(scope.at("down_proj"), intermediateSize, hiddenSize, { bias, key });
  return (x) => down(graph.multiply(graph.activation(gate(x), activation), up(x)));
}

/**
 * Token embeddings of a model whose layers are Llama's: [batch, sequence, hidden].
 *
 * @param layers settings of each layer's attention, by its index and scope, and the bias of the feed-forward
 */
export function buildLlamaLike(
  config: LlamaLikeConfig,
  scope: Scope,
  { input_ids: ids, attention_mask: mask }: Features,
  layers: {
    readonly attention: (layer: number, scope: Scope) => AttentionSettings;
    readonly feedForwardBias?: Bias;
  },
): Node {
  const { hiddenSize, epsilon, vocabularySize } = config;
  const words = graph.gather(
    scope.at("embed_tokens").table(vocabularySize, hiddenSize, { paddingRow: "pad_token_id" }),
    ids,
  );
  let hidden: Node = graph.reshape(words, ["tokens", hiddenSize]);
  for (let index = 0; index < config.layers; index++) {
    const layer = scope.at(`layers.${index}`);
    const attention = layer.at("self_attn");
    const attend = groupedAttention(attention, config, mask, layers.attention(index, attention));
    hidden = graph.add(hidden, attend(rmsNorm(layer.at("input_layernorm"), hiddenSize, epsilon)(hidden)));
    const feedForward = gatedFeedForward(layer.at("mlp"), config, layers.feedForwardBias);
    hidden = graph.add(hidden, feedForward(rmsNorm(layer.at("post_attention_layernorm"), hiddenSize, epsilon)(hidden)));
  }
  return graph.reshape(rmsNorm(scope.at("norm"), hiddenSize, epsilon)(hidden), ["batch", "sequence", hiddenSize]);
}
