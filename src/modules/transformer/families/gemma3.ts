/**
 * Gemma3's text model, causal or bidirectional (EmbeddingGemma): scaled embeddings, four norms a layer, layers with a
 * window between those without, each kind with its own rotary base.
 * Source: transformers, `models/gemma3/modeling_gemma3.py`, `configuration_gemma3.py` and `masking_utils.py`.
 */
import type { JsonObject } from "../../../common/json.ts";
import { ignored, read } from "../../../common/key-table.ts";
import * as graph from "../../../graph/build.ts";
import type { Node } from "../../../graph/node.ts";
import { boolean, object, positiveInteger } from "../../read-json.ts";
import type { Family } from "../family.ts";
import { frequenciesByKind, type LayerKind, parseLayerKinds, selectLayerKinds } from "../layers/layer-kinds.ts";
import {
  gatedFeedForward,
  groupedAttention,
  isCausal,
  type LlamaLikeConfig,
  llamaLikeKeys,
  parseLlamaLike,
  splitByHeads,
} from "../layers/llama-like.ts";
import type { Layer, Scope } from "../layers/scope.ts";

interface Gemma3Config extends LlamaLikeConfig {
  readonly causal: boolean;
  readonly kinds: readonly LayerKind[];
  /** Maximum distance that a token of a sliding layer sees. */
  readonly window: number;
  readonly frequencies: Readonly<Record<LayerKind, readonly number[]>>;
  /** Divisor of the scores, squared. */
  readonly scoreWidth: number;
  readonly hasBias: boolean;
}

const defaults = {
  vocab_size: 262208,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  hidden_activation: "gelu_pytorch_tanh",
  max_position_embeddings: 131072,
  rms_norm_eps: 1e-6,
  query_pre_attn_scalar: 256,
  sliding_window: 4096,
  sliding_window_pattern: 6,
};

/** The keys of the bases beside `rope_parameters`, and transformers' defaults. */
const bases = {
  full_attention: { key: "rope_theta", theta: 1e6 },
  sliding_attention: { key: "rope_local_base_freq", theta: 1e4 },
};

export const gemma3: Family<Gemma3Config> = {
  className: "Gemma3TextModel",
  prefix: "model.",
  layersKey: "num_hidden_layers",
  layerPattern: /(?:^|\.)layers\.(\d+)\./,
  initial: { pad_token_id: 0 },
  configKeys: {
    ...llamaLikeKeys,
    ...read("hidden_activation", "sliding_window", "sliding_window_pattern", "layer_types", "query_pre_attn_scalar"),
    ...read("rope_local_base_freq", "use_bidirectional_attention", "attention_bias"),
    ...ignored(
      "of the model that sees images too",
      "image_token_id",
      "mm_tokens_per_image",
      "text_config",
      "vision_config",
    ),
    ...ignored("for heads", "final_logit_softcapping"),
    ...ignored("layer_types and sliding_window_pattern go before it", "_sliding_window_pattern"),
    ...ignored("hidden_activation is read", "hidden_act"),
    ...ignored("how, not what is computed", "cache_implementation"),
    attn_logit_softcapping: { only: [null], because: "transformers computes without it, whatever it says" },
  },
  parse(json, file) {
    const config = { ...defaults, ...json };
    // Heads have a width of their own, yet transformers refuses a number that doesn't divide the hidden size.
    splitByHeads(config, file);
    const sizes = parseLlamaLike(config, file, "hidden_activation");
    const pattern = positiveInteger(config, "sliding_window_pattern", file);
    return {
      ...sizes,
      ...parseMask(config, file),
      kinds: parseLayerKinds(json, sizes.layers, (layer) => (layer + 1) % pattern !== 0, file),
      frequencies: frequenciesByKind(withScaling(json, file), file, bases, sizes.headWidth),
      scoreWidth: positiveInteger(config, "query_pre_attn_scalar", file),
      hasBias: boolean(json, "attention_bias", file, false),
    };
  },
  build(config, scope, { input_ids: ids, attention_mask: mask }) {
    const { hiddenSize, headWidth, epsilon, causal, kinds, frequencies } = config;
    const bias = { has: config.hasBias, key: "attention_bias" };
    const norm = (part: Scope): Layer => gemmaNorm(part, hiddenSize, epsilon);
    const words = graph.gather(
      scope.at("embed_tokens").table(config.vocabularySize, hiddenSize, { paddingRow: "pad_token_id" }),
      ids,
    );
    // In float32; with weights of bfloat16 Python would round it to that.
    const scaled = graph.multiply(words, graph.constant(Math.fround(Math.sqrt(hiddenSize))));
    let hidden: Node = graph.reshape(scaled, ["tokens", hiddenSize]);
    for (const [index, kind] of kinds.entries()) {
      const layer = scope.at(`layers.${index}`);
      const attend = groupedAttention(layer.at("self_attn"), config, mask, {
        frequencies: frequencies[kind],
        causal,
        window: kind === "sliding_attention" ? config.window : undefined,
        scale: config.scoreWidth ** -0.5,
        norms: {
          query: gemmaNorm(layer.at("self_attn.q_norm"), headWidth, epsilon),
          key: gemmaNorm(layer.at("self_attn.k_norm"), headWidth, epsilon),
        },
        biases: { input: bias, output: bias },
      });
      const feedForward = gatedFeedForward(layer.at("mlp"), config);
      const attended = attend(norm(layer.at("input_layernorm"))(hidden));
      hidden = graph.add(hidden, norm(layer.at("post_attention_layernorm"))(attended));
      const fed = feedForward(norm(layer.at("pre_feedforward_layernorm"))(hidden));
      hidden = graph.add(hidden, norm(layer.at("post_feedforward_layernorm"))(fed));
    }
    return graph.reshape(norm(scope.at("norm"))(hidden), ["batch", "sequence", hiddenSize]);
  },
  select: (json, layers, file) => selectLayerKinds(json, gemma3.parse(json, file).kinds, layers),
};

/** RMSNorm whose checkpoint holds weight - 1. */
function gemmaNorm(scope: Scope, width: number, epsilon: number): Layer {
  const weight = graph.add(scope.get("weight", [width], { value: 0 }), graph.constant(1));
  return (x) => graph.rmsNorm(x, weight, epsilon);
}

/**
 * The mask. A causal `sliding_window` counts the token itself. With `use_bidirectional_attention` half of it is on
 * either side; with `is_causal: false` all of it, without the token itself.
 */
function parseMask(config: JsonObject, file: string): { causal: boolean; window: number } {
  const looksBothWays = boolean(config, "use_bidirectional_attention", file, false);
  const stated = positiveInteger(config, "sliding_window", file);
  const size = looksBothWays ? Math.floor(stated / 2) + 1 : stated;
  if (!isCausal(config, file)) return { causal: false, window: size };
  return { causal: !looksBothWays, window: size - 1 };
}

/** `rope_scaling` is for the layers without a window. */
function withScaling(json: JsonObject, file: string): JsonObject {
  const parameters = object(json, "rope_parameters", file);
  const full = object(parameters, "full_attention", `${file}: rope_parameters`);
  return {
    ...json,
    rope_parameters: { ...parameters, full_attention: { ...full, ...object(json, "rope_scaling", file) } },
  };
}
