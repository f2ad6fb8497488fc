/**
 * Qwen2 and Qwen3, causal or (with `is_causal: false`) bidirectional: Llama's layers, some with a window; with biases
 * of queries, keys and values in Qwen2, and with norms of queries and keys by head in Qwen3. Source: transformers,
 * `models/qwen2/modeling_qwen2.py`, `models/qwen3/modeling_qwen3.py` and `masking_utils.py`.
 */
import type { JsonObject } from "../../../common/json.ts";
import { ignored, read } from "../../../common/key-table.ts";
import { HpdError } from "../../../errors.ts";
import { boolean, nonNegativeInteger, optionalPositiveInteger, positiveInteger } from "../../read-json.ts";
import type { Family } from "../family.ts";
import { parseLayerKinds, selectLayerKinds } from "../layers/layer-kinds.ts";
import {
  type Bias,
  buildLlamaLike,
  isCausal,
  type LlamaLikeConfig,
  llamaLikeKeys,
  parseLlamaLike,
  splitByHeads,
  windowOf,
} from "../layers/llama-like.ts";
import { parseRope, ropeFrequencies } from "../layers/rope.ts";
import { rmsNorm, type Scope } from "../layers/scope.ts";

interface QwenConfig extends LlamaLikeConfig {
  readonly causal: boolean;
  readonly frequencies: readonly number[];
  /** Maximum distance that a token of each layer sees; undefined for any. */
  readonly windows: readonly (number | undefined)[];
  /** Whether queries and keys are normalised by head. */
  readonly hasNorms: boolean;
  readonly biases: { readonly input: Bias; readonly output: Bias };
}

const defaults = {
  vocab_size: 151936,
  hidden_size: 4096,
  intermediate_size: 22016,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 32,
  hidden_act: "silu",
  max_position_embeddings: 32768,
  rms_norm_eps: 1e-6,
  sliding_window: 4096,
  max_window_layers: 28,
};

const configKeys = {
  ...llamaLikeKeys,
  ...read("hidden_act", "attention_bias", "layer_types", "use_sliding_window", "sliding_window", "max_window_layers"),
  ...ignored("nothing reads it in Qwen2 and Qwen3", "use_bidirectional_attention"),
};

export const qwen3: Family<QwenConfig> = {
  className: "Qwen3Model",
  prefix: "model.",
  layersKey: "num_hidden_layers",
  layerPattern: /(?:^|\.)layers\.(\d+)\./,
  initial: { pad_token_id: null },
  configKeys,
  parse(json, file) {
    const bias = { has: boolean(json, "attention_bias", file, false), key: "attention_bias" };
    const sizes = parse({ ...defaults, head_dim: 128, ...json }, file);
    return { ...sizes, hasNorms: true, biases: { input: bias, output: bias } };
  },
  build(config, scope, features) {
    const { headWidth, epsilon, causal, frequencies, windows, hasNorms, biases } = config;
    const attention = (layer: number, own: Scope) => {
      const norm = (name: string) => rmsNorm(own.at(name), headWidth, epsilon);
      const norms = hasNorms ? { norms: { query: norm("q_norm"), key: norm("k_norm") } } : {};
      return { frequencies, causal, window: windows[layer], ...norms, biases };
    };
    return buildLlamaLike(config, scope, features, { attention });
  },
  select,
};

export const qwen2: Family<QwenConfig> = {
  ...qwen3,
  className: "Qwen2Model",
  configKeys: { ...configKeys, ...ignored("nothing reads it in Qwen2", "attention_bias") },
  parse(json, file) {
    const config = { ...defaults, ...json } as JsonObject;
    const headWidth = config.head_dim === undefined ? splitByHeads(config, file) : config.head_dim;
    const biases = { input: { has: true }, output: { has: false } };
    return { ...parse({ ...config, head_dim: headWidth }, file), hasNorms: false, biases };
  },
};

function parse(config: JsonObject, file: string): Omit<QwenConfig, "hasNorms" | "biases"> {
  const keyHeads = config.num_key_value_heads ?? config.num_attention_heads;
  const sizes = parseLlamaLike({ ...config, num_key_value_heads: keyHeads }, file, "hidden_act");
  const rope = parseRope(config, file, { theta: 10_000, headWidth: sizes.headWidth });
  const causal = isCausal(config, file);
  return {
    ...sizes,
    causal,
    frequencies: ropeFrequencies(rope, sizes.headWidth),
    windows: parseWindows(config, sizes.layers, causal, file),
  };
}

function select(json: JsonObject, layers: readonly number[], file: string): JsonObject {
  const config = { ...defaults, ...json };
  const windows = parseWindows(config, positiveInteger(config, "num_hidden_layers", file), isCausal(json, file), file);
  const kinds = windows.map((window) => (window === undefined ? "full_attention" : "sliding_attention"));
  return selectLayerKinds(json, kinds, layers);
}

/** The maximum distance that a token of each layer sees. */
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
  const window = width === undefined ? undefined : windowOf(width, causal);
  return kinds.map((kind) => (kind === "sliding_attention" ? window : undefined));
}
