/**
 * Llama, and Mistral, all of whose layers may have a window; causal or (with `is_causal: false`) bidirectional.
 * Source: transformers, `models/llama/modeling_llama.py` and `models/mistral/modeling_mistral.py`.
 */
import type { JsonObject } from "../../../common/json.ts";
import { ignored, read } from "../../../common/key-table.ts";
import { boolean, optionalPositiveInteger } from "../../read-json.ts";
import type { Family } from "../family.ts";
import {
  buildLlamaLike,
  isCausal,
  type LlamaLikeConfig,
  llamaLikeKeys,
  parseLlamaLike,
  splitByHeads,
  windowOf,
} from "../layers/llama-like.ts";
import { parseRope, ropeFrequencies } from "../layers/rope.ts";

interface LlamaConfig extends LlamaLikeConfig {
  readonly causal: boolean;
  readonly frequencies: readonly number[];
  readonly window: number | undefined;
  readonly biases: Readonly<Record<"attention" | "mlp", boolean>>;
}

const defaults = {
  vocab_size: 32000,
  hidden_size: 4096,
  intermediate_size: 11008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  hidden_act: "silu",
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-6,
};

const mistralDefaults = {
  ...defaults,
  intermediate_size: 14336,
  num_key_value_heads: 8,
  max_position_embeddings: 131072,
  sliding_window: 4096,
};

export const llama: Family<LlamaConfig> = {
  className: "LlamaModel",
  prefix: "model.",
  layersKey: "num_hidden_layers",
  layerPattern: /(?:^|\.)layers\.(\d+)\./,
  initial: { pad_token_id: null },
  configKeys: {
    ...llamaLikeKeys,
    ...read("hidden_act", "attention_bias", "mlp_bias"),
    ...ignored("how, not what is computed", "pretraining_tp"),
    ...ignored("nothing reads it in Llama", "use_bidirectional_attention", "sliding_window"),
  },
  parse(json, file) {
    const config = { ...defaults, ...json };
    // Heads may have a width of their own, yet transformers refuses a number that doesn't divide the hidden size.
    splitByHeads(config, file);
    const biases = {
      attention: boolean(json, "attention_bias", file, false),
      mlp: boolean(json, "mlp_bias", file, false),
    };
    return { ...parse(config, file), window: undefined, biases };
  },
  build(config, scope, features) {
    const { frequencies, causal, window, biases } = config;
    const bias = { has: biases.attention, key: "attention_bias" };
    const settings = { frequencies, causal, window, biases: { input: bias, output: bias } };
    return buildLlamaLike(config, scope, features, {
      attention: () => settings,
      feedForwardBias: { has: biases.mlp, key: "mlp_bias" },
    });
  },
};

export const mistral: Family<LlamaConfig> = {
  ...llama,
  className: "MistralModel",
  configKeys: {
    ...llamaLikeKeys,
    ...read("hidden_act", "sliding_window"),
    ...ignored("nothing reads it in Mistral", "use_bidirectional_attention"),
    layer_types: { only: [], because: "Python would take the model for a Ministral" },
  },
  parse(json, file) {
    const config = { ...mistralDefaults, ...json };
    const parsed = parse(config, file);
    const size = optionalPositiveInteger(config, "sliding_window", file);
    const window = size === undefined ? undefined : windowOf(size, parsed.causal);
    return { ...parsed, window, biases: { attention: false, mlp: false } };
  },
};

function parse(config: JsonObject, file: string): Omit<LlamaConfig, "window" | "biases"> {
  const derived = {
    num_key_value_heads: config.num_key_value_heads ?? config.num_attention_heads,
    head_dim: config.head_dim ?? splitByHeads(config, file),
  };
  const sizes = parseLlamaLike({ ...config, ...derived }, file, "hidden_act");
  const rope = parseRope(config, file, { theta: 10_000, headWidth: sizes.headWidth });
  return { ...sizes, causal: isCausal(config, file), frequencies: ropeFrequencies(rope, sizes.headWidth) };
}
