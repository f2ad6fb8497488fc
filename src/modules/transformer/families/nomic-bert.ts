/**
 * NomicBERT: BERT's order of norms with rotary positions, a gated feed-forward, and no biases but those of the norms.
 * Configs are published in the words of its authors' code, in those of transformers, and in both; weights likewise.
 * Source: transformers, `models/nomic_bert/modeling_nomic_bert.py` and `conversion_mapping.py`;
 * text-embeddings-inference, `backends/candle/src/models/nomic.rs`, for the authors' keys.
 */
import { describe, type JsonObject } from "../../../common/json.ts";
import { HpdError } from "../../../errors.ts";
import * as graph from "../../../graph/build.ts";
import { nomicBertKeys } from "../../keys/rotary-keys.ts";
import { optionalPositiveInteger } from "../../read-json.ts";
import type { Family, FamilyConfig } from "../family.ts";
import { embeddings, parseSizes } from "../layers/bert-like.ts";
import { firstTokenHead } from "../layers/classification-heads.ts";
import { parseRope, ropeFrequencies } from "../layers/rope.ts";
import { linearOf, linears, rotaryAttention, whichOf } from "../layers/rotary-attention.ts";
import { layerNorm } from "../layers/scope.ts";

interface NomicBertConfig extends FamilyConfig {
  readonly headWidth: number;
  readonly frequencies: readonly number[];
}

const defaults = {
  vocab_size: 30528,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  hidden_act: "silu",
  layer_norm_eps: 1e-12,
  max_position_embeddings: 2048,
};

/** The authors' keys, and those of transformers. */
const nativeNames: Readonly<Record<string, string>> = {
  n_embd: "hidden_size",
  n_layer: "num_hidden_layers",
  n_head: "num_attention_heads",
  n_inner: "intermediate_size",
  layer_norm_epsilon: "layer_norm_eps",
};

/** The names of the weights in both forms; the first are those of transformers' own class. */
const forms = [
  {
    norm: "embeddings.LayerNorm",
    layer: (index: number) => `layers.${index}`,
    output: "self_attn.o_proj",
    norms: ["post_attention_layernorm", "post_mlp_layernorm"],
    gate: "mlp.gate_proj",
    up: "mlp.up_proj",
    down: "mlp.down_proj",
  },
  {
    norm: "emb_ln",
    layer: (index: number) => `encoder.layers.${index}`,
    output: "attn.out_proj",
    norms: ["norm1", "norm2"],
    gate: "mlp.fc12",
    up: "mlp.fc11",
    down: "mlp.fc2",
  },
] as const;

export const nomicBert: Family<NomicBertConfig> = {
  className: "NomicBertModel",
  prefix: "nomic_bert.",
  layersKey: "num_hidden_layers",
  layerPattern: /(?:^|\.)layers\.(\d+)\./,
  initial: { type_vocab_size: 2, pad_token_id: 0 },
  configKeys: nomicBertKeys,
  head: firstTokenHead("classifier", { model: "pooler.dense" }, "tanh"),
  // Without trust_remote_code Python takes its own class, which computes the same from the same weights.
  ownCode: {
    AutoConfig: ["configuration_hf_nomic_bert.NomicBertConfig"],
    AutoModel: ["modeling_hf_nomic_bert.NomicBertModel"],
    repositories: ["", "nomic-ai/nomic-bert-2048--"],
  },
  inOneDialect: inNativeKeys,
  parse(json, file) {
    const sizes = parseSizes(json, file, defaults);
    const headWidth = optionalPositiveInteger(json, "head_dim", file) ?? sizes.hiddenSize / sizes.heads;
    const rope = parseRope(json, file, { theta: 1000, headWidth });
    return { ...sizes, positions: { kind: "relative" }, headWidth, frequencies: ropeFrequencies(rope, headWidth) };
  },
  build(config, scope, features) {
    const { hiddenSize, heads, headWidth, intermediateSize, activation, epsilon } = config;
    const { attention_mask: mask } = features;
    const embeddingNorms = forms.map(({ norm }) => `${norm}.weight`);
    const names = forms[whichOf(scope, embeddingNorms)]!;
    let hidden = embeddings(scope.at("embeddings"), features, config, { norm: scope.at(names.norm) });
    for (let index = 0; index < config.layers; index++) {
      const layer = scope.at(names.layer(index));
      const [afterAttention, afterForward] = names.norms.map((name) => layerNorm(layer.at(name), hiddenSize, epsilon));
      const width = heads * headWidth;
      const projections = { fused: "attn.Wqkv", names: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"] };
      const parts = linears(layer, projections, { inputs: hiddenSize, outputs: width, bias: false })(hidden);
      const attended = linearOf(layer.at(names.output), width, hiddenSize, { bias: false })(
        rotaryAttention(parts, mask, config),
      );
      hidden = afterAttention!(graph.add(hidden, graph.dropout(attended)));
      const [gate, up] = [names.gate, names.up].map((name) =>
        linearOf(layer.at(name), hiddenSize, intermediateSize, { bias: false })(hidden),
      );
      const gated = graph.multiply(graph.activation(gate!, activation), up!);
      const forward = linearOf(layer.at(names.down), intermediateSize, hiddenSize, { bias: false })(gated);
      hidden = afterForward!(graph.add(hidden, graph.dropout(forward)));
    }
    return graph.reshape(hidden, ["batch", "sequence", hiddenSize]);
  },
};

/**
 * The config in transformers' keys. Python's class reads no others: from a config in its authors' keys alone it builds
 * a model of the published shape, and fails for every other.
 *
 * @throws HpdError `invalid_model` where both dialects are there and disagree
 */
function inNativeKeys(json: JsonObject, file: string): JsonObject {
  refuseExperts(json, file);
  const native: Record<string, unknown> = { ...json };
  const isOld = Object.keys(nativeNames).some((key) => Object.hasOwn(json, key));
  const requireSame = (key: string, name: string, value: unknown, said: unknown): void => {
    if (said !== undefined && said !== value) {
      throw new HpdError(
        "invalid_model",
        `${file}: ${key} is ${describe(value)}, but ${name} is ${describe(said)}: they should be the same`,
      );
    }
  };
  for (const [key, name] of Object.entries(nativeNames)) {
    if (!Object.hasOwn(json, key)) continue;
    const value = key === "n_inner" && json[key] === null ? 4 * Number(json.n_embd) : json[key];
    requireSame(key, name, value, json[name]);
    native[name] = value;
    delete native[key];
  }
  if (json.activation_function === "swiglu") requireSame("activation_function", "hidden_act", "silu", json.hidden_act);
  if (isOld && json.max_position_embeddings === undefined && json.n_positions !== undefined) {
    native.max_position_embeddings = json.n_positions;
  }
  const { rope_parameters: rope } = json as { rope_parameters?: { rope_theta?: unknown } };
  const theta = rope?.rope_theta ?? json.rope_theta;
  if (json.rotary_emb_base !== undefined) {
    requireSame("rotary_emb_base", "rope_theta", json.rotary_emb_base, theta);
    if (rope === undefined) native.rope_parameters = { rope_type: "default", rope_theta: json.rotary_emb_base };
  }
  // In the authors' code a fraction that isn't given is 0, and the base another than transformers'.
  const isComplete =
    theta !== undefined || (json.rotary_emb_base !== undefined && json.rotary_emb_fraction !== undefined);
  if (!isOld || isComplete) return native;
  throw new HpdError(
    "invalid_model",
    `${file}: expected rotary_emb_base and a rotary_emb_fraction of 1, or rope_parameters; the base is ` +
      `${describe(json.rotary_emb_base)}, the fraction ${describe(json.rotary_emb_fraction)}`,
  );
}

/** Refuses mixtures of experts, before anything else that differs in nomic-embed-text-v2-moe. */
function refuseExperts(json: JsonObject, file: string): void {
  for (const key of ["moe_every_n_layers", "num_experts"]) {
    if (!json[key]) continue;
    throw new HpdError(
      "unsupported",
      `${file}: ${key} is ${describe(json[key])}: the model is a mixture of experts, which is not known here`,
    );
  }
}
