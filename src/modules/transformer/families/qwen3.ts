/**
 * Qwen3, causal or (with `is_causal: false`) bidirectional: Llama's layers with norms of queries and keys by head.
 * Source: transformers, `models/qwen3/modeling_qwen3.py` and `masking_utils.py`.
 */
import type { JsonObject } from "../../../common/json.ts";
import { ignored, read } from "../../../common/key-table.ts";
import { HpdError } from "../../../errors.ts";
import { boolean, nonNegativeInteger, optionalPositiveInteger } from "../../read-json.ts";
import type { Family } from "../family.ts";
import { parseLayerKinds, selectLayerKinds } from "../layers/layer-kinds.ts";
import { buildLlamaLike, isCausal, type LlamaLikeConfig, llamaLikeKeys, parseLlamaLike } from "../layers/llama-like.ts";
import { parseRope, ropeFrequencies } from "../layers/rope.ts";
import { rmsNorm } from "../layers/scope.ts";

interface Qwen3Config extends LlamaLikeConfig {
  readonly causal: boolean;
  readonly frequencies: readonly number[];
  /** How far the tokens of each layer look; everywhere where it is undefined. */
  readonly windows: readonly (number | undefined)[];
  readonly hasBias: boolean;
}

const defaults = {
  vocab_size: 151936,
  hidden_size: 4096,
  intermediate_size: 22016,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 32,
  head_dim: 128,
  hidden_act: "silu",
  max_position_embeddings: 32768,
  rms_norm_eps: 1e-6,
  sliding_window: 4096,
  max_window_layers: 28,
};

export const qwen3: Family<Qwen3Config> = {
  className: "Qwen3Model",
  prefix: "model.",
  layersKey: "num_hidden_layers",
  layerPattern: /(?:^|\.)layers\.(\d+)\./,
  configKeys: {
    ...llamaLikeKeys,
    ...read("hidden_act", "attention_bias", "layer_types"),
    ...read("use_sliding_window", "sliding_window", "max_window_layers"),
    ...ignored("nothing reads it in Qwen3", "use_bidirectional_attention"),
  },
  parse(json, file) {
    const config = { ...defaults, ...json };
    const keyHeads = config.num_key_value_heads ?? config.num_attention_heads;
    const sizes = parseLlamaLike({ ...config, num_key_value_heads: keyHeads }, file, "hidden_act");
    const rope = parseRope(json, file, { theta: 10_000, headWidth: sizes.headWidth });
    const causal = isCausal(json, file);
    return {
      ...sizes,
      causal,
      frequencies: ropeFrequencies(rope, sizes.headWidth),
      windows: parseWindows(config, sizes.layers, causal, file),
      hasBias: boolean(json, "attention_bias", file, false),
    };
  },
  build(config, scope, features) {
    const { headWidth, epsilon, causal, frequencies, windows } = config;
    const bias = { has: config.hasBias, key: "attention_bias" };
    return buildLlamaLike(config, scope, features, (layer, attention) => ({
      frequencies,
      causal,
      window: windows[layer],
      norms: {
        query: rmsNorm(attention.at("q_norm"), headWidth, epsilon),
        key: rmsNorm(attention.at("k_norm"), headWidth, epsilon),
      },
      biases: { input: bias, output: bias },
    }));
  },
  select(json, layers, file) {
    const kinds = qwen3
      .parse(json, file)
      .windows.map((window) => (window === undefined ? "full_attention" : "sliding_attention"));
    return selectLayerKinds(json, kinds, layers);
  },
};

/** How far the tokens of each layer look, under the keys of Qwen2 and Qwen3. */
function parseWindows(config: JsonObject, layers: number, causal: boolean, file: string): (number | undefined)[] {
  const width = boolean(config, "use_sliding_window", file, false)
    ? optionalPositiveInteger(config, "sliding_window", file)
    : undefined;
  const first = nonNegativeInteger(config, "max_window_layers", file);
  const kinds = parseLayerKinds(config, layers, (layer) => width !== undefined && layer >= first, file);
  if (width === undefined && kinds.includes("sliding_attention")) {
    throw new HpdError(
      "invalid_model",
      `${file}: layer_types has "sliding_attention", which needs a sliding_window and use_sliding_window true`,
    );
  }
  // transformers counts the token itself where it looks back alone, and doesn't where it looks both ways.
  const window = width === undefined || !causal ? width : width - 1;
  return kinds.map((kind) => (kind === "sliding_attention" ? window : undefined));
}
