/**
 * GTE: BERT's order of norms with rotary positions and a gated feed-forward. Its models are published as `new`, for
 * code of its authors, with weights in their names, and as `gte`, which transformers knows. Source: transformers,
 * `models/gte/modeling_gte.py` and `conversion_mapping.py`; text-embeddings-inference,
 * `backends/candle/src/models/gte.rs`, and Alibaba-NLP/new-impl for `new` and NTK scaling.
 */
import type { JsonObject } from "../../../common/json.ts";
import * as graph from "../../../graph/build.ts";
import { gteKeys } from "../../keys/rotary-keys.ts";
import { nonNegativeInteger } from "../../read-json.ts";
import type { Family, FamilyConfig } from "../family.ts";
import { embeddings, parseSizes } from "../layers/bert-like.ts";
import { firstTokenHead } from "../layers/classification-heads.ts";
import { parseRope, ropeFrequencies } from "../layers/rope.ts";
import { linearOf, linears, rotaryAttention, whichOf } from "../layers/rotary-attention.ts";
import { layerNorm } from "../layers/scope.ts";

interface GteConfig extends FamilyConfig {
  readonly hasTokenTypes: boolean;
  readonly frequencies: readonly number[];
}

const sizes = {
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  hidden_act: "gelu",
  layer_norm_eps: 1e-12,
  type_vocab_size: 1,
};

/** The names of the weights in both forms; the first are those of transformers' own class. */
const forms = [
  {
    layer: (index: number) => `layers.${index}`,
    attention: "self_attn",
    norms: ["post_attention_layernorm", "post_mlp_layernorm"],
  },
  { layer: (index: number) => `encoder.layer.${index}`, attention: "attention", norms: ["attn_ln", "mlp_ln"] },
] as const;

const gteLike: Omit<Family<GteConfig>, "className" | "prefix" | "parse"> = {
  layersKey: "num_hidden_layers",
  layerPattern: /(?:^|\.)(?:layers|encoder\.layer)\.(\d+)\./,
  configKeys: gteKeys,
  head: firstTokenHead("classifier", { model: "pooler.dense" }, "tanh"),
  maskedHead: () => ({
    dense: "lm_head.dense",
    norm: ["lm_head.layer_norm", "lm_head.norm"],
    activation: "gelu",
    decoder: "lm_head.decoder",
    table: "embeddings.word_embeddings",
  }),
  build(config, scope, features) {
    const { hiddenSize, intermediateSize, activation, epsilon } = config;
    const { attention_mask: mask } = features;
    const firstNorms = forms.map(({ layer, norms }) => `${layer(0)}.${norms[0]}.weight`);
    const { layer: nameOf, attention, norms } = forms[whichOf(scope, firstNorms)]!;
    const projections = { fused: `${attention}.qkv_proj`, names: ["q", "k", "v"].map((x) => `${attention}.${x}_proj`) };
    let hidden = embeddings(scope.at("embeddings"), features, config);
    for (let index = 0; index < config.layers; index++) {
      const layer = scope.at(nameOf(index));
      const [afterAttention, afterForward] = norms.map((name) => layerNorm(layer.at(name), hiddenSize, epsilon));
      const parts = linears(layer, projections, { inputs: hiddenSize, outputs: hiddenSize, bias: true })(hidden);
      const attended = rotaryAttention(parts, mask, config);
      const out = linearOf(layer.at(`${attention}.o_proj`), hiddenSize, hiddenSize, { bias: true })(attended);
      hidden = afterAttention!(graph.add(hidden, graph.dropout(out)));
      const both = { fused: "mlp.up_gate_proj", names: ["mlp.up_proj", "mlp.gate_proj"] };
      const [up, gate] = linears(layer, both, { inputs: hiddenSize, outputs: intermediateSize, bias: false })(hidden);
      const gated = graph.dropout(graph.multiply(graph.activation(gate!, activation), up!));
      const forward = linearOf(layer.at("mlp.down_proj"), intermediateSize, hiddenSize, { bias: true })(gated);
      hidden = afterForward!(graph.add(hidden, graph.dropout(forward)));
    }
    return graph.reshape(hidden, ["batch", "sequence", hiddenSize]);
  },
};

export const gte: Family<GteConfig> = {
  ...gteLike,
  className: "GteModel",
  prefix: "gte.",
  initial: { type_vocab_size: 1, pad_token_id: 1 },
  parse: (json, file) =>
    parse(json, file, { defaults: { ...sizes, vocab_size: 250048, max_position_embeddings: 8192 }, theta: 160_000 }),
};

/** Python has no class of its own for it: it asks for `trust_remote_code`, and then runs the code of `auto_map`. */
export const newModel: Family<GteConfig> = {
  ...gteLike,
  className: "NewModel",
  prefix: "new.",
  ownCode: {
    AutoConfig: ["configuration.NewConfig"],
    AutoModel: ["modeling.NewModel"],
    repositories: ["Alibaba-NLP/new-impl--"],
    isOnlyOne: true,
  },
  parse: (json, file) =>
    parse(json, file, { defaults: { ...sizes, vocab_size: 30528, max_position_embeddings: 2048 }, theta: 10_000 }),
};

function parse(
  json: JsonObject,
  file: string,
  { defaults, theta }: { readonly defaults: Readonly<Record<string, number | string>>; readonly theta: number },
): GteConfig {
  const parsed = parseSizes(json, file, defaults);
  const headWidth = parsed.hiddenSize / parsed.heads;
  const rope = parseRope(json, file, { theta, headWidth, types: ["default", "linear", "ntk"] });
  return {
    ...parsed,
    positions: { kind: "relative" },
    hasTokenTypes: nonNegativeInteger({ ...defaults, ...json }, "type_vocab_size", file) > 0,
    frequencies: ropeFrequencies(rope, headWidth),
  };
}
