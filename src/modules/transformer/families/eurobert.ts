/**
 * EuroBERT: Llama's layers, looking both ways.
 * Source: transformers, `models/eurobert/modeling_eurobert.py`.
 */
import { ignored, read } from "../../../common/key-table.ts";
import { causalWithoutPadding } from "../../keys/transformer-keys.ts";
import { boolean } from "../../read-json.ts";
import type { Family } from "../family.ts";
import {
  buildLlamaLike,
  type LlamaLikeConfig,
  llamaLikeKeys,
  parseLlamaLike,
  splitByHeads,
} from "../layers/llama-like.ts";
import { parseRope, ropeFrequencies } from "../layers/rope.ts";

interface EuroBertConfig extends LlamaLikeConfig {
  readonly frequencies: readonly number[];
  readonly biases: Readonly<Record<"attention" | "mlp", boolean>>;
}

const defaults = {
  vocab_size: 128256,
  hidden_size: 768,
  intermediate_size: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  hidden_act: "silu",
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-5,
};

export const euroBert: Family<EuroBertConfig> = {
  className: "EuroBertModel",
  prefix: "model.",
  layersKey: "num_hidden_layers",
  layerPattern: /(?:^|\.)layers\.(\d+)\./,
  initial: { pad_token_id: 128001 },
  // transformers has taken it over, and computes the same.
  ownCode: {
    AutoConfig: ["configuration_eurobert.EuroBertConfig"],
    AutoModel: ["modeling_eurobert.EuroBertModel"],
    repositories: ["", ...["210m", "610m", "2.1B"].map((size) => `EuroBERT/EuroBERT-${size}--`)],
  },
  configKeys: {
    ...llamaLikeKeys,
    ...read("hidden_act", "attention_bias", "mlp_bias"),
    is_causal: { only: [false], because: causalWithoutPadding },
    ...ignored("for heads", "classifier_pooling", "mask_token_id"),
    ...ignored("how, not what is computed", "pretraining_tp"),
    ...ignored("for training", "hidden_dropout"),
    ...ignored("the tokenizer's own tokens count", "bos_token", "eos_token", "mask_token", "pad_token"),
  },
  parse(json, file) {
    const config = { ...defaults, ...json } as typeof defaults & typeof json;
    const otherwise = splitByHeads(config, file);
    const derived = {
      num_key_value_heads: config.num_key_value_heads ?? config.num_attention_heads,
      head_dim: config.head_dim ?? otherwise,
    };
    const sizes = parseLlamaLike({ ...config, ...derived }, file, "hidden_act");
    const rope = parseRope(json, file, { theta: 10_000, headWidth: sizes.headWidth });
    return {
      ...sizes,
      frequencies: ropeFrequencies(rope, sizes.headWidth),
      biases: {
        attention: boolean(json, "attention_bias", file, false),
        mlp: boolean(json, "mlp_bias", file, false),
      },
    };
  },
  build(config, scope, features) {
    const { frequencies, biases } = config;
    const bias = { has: biases.attention, key: "attention_bias" };
    const settings = { frequencies, causal: false, biases: { input: bias, output: bias } };
    return buildLlamaLike(config, scope, features, {
      attention: () => settings,
      feedForwardBias: { has: biases.mlp, key: "mlp_bias" },
    });
  },
};
