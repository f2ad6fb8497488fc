/**
 * The encoders of T5, T5 1.1, mT5 and UMT5: RMSNorm before the layers, unscaled attention, a relative position bias (in
 * UMT5 one a layer).
 * Source: transformers, `models/t5/modeling_t5.py` and `models/umt5/modeling_umt5.py`.
 */

import type { JsonObject } from "../../../common/json.ts";
import { ignored, read } from "../../../common/key-table.ts";
import { HpdError } from "../../../errors.ts";
import * as graph from "../../../graph/build.ts";
import type { Node } from "../../../graph/node.ts";
import { commonKeys } from "../../keys/transformer-keys.ts";
import type { InitialHints } from "../../parameters.ts";
import { boolean, nonNegativeNumber, positiveInteger, string } from "../../read-json.ts";
import type { Family, FamilyConfig } from "../family.ts";
import { type Layer, linear, rmsNorm, type Scope } from "../layers/scope.ts";
import { activationOf } from "../look-up.ts";

interface T5Config extends FamilyConfig {
  readonly headWidth: number;
  readonly isGated: boolean;
  readonly buckets: number;
  readonly maxDistance: number;
  /** Factor of the standard deviations of new weights. */
  readonly initializerFactor: number;
}

const configKeys = {
  ...commonKeys,
  ...read("d_model", "d_kv", "d_ff", "num_layers", "num_heads", "layer_norm_epsilon"),
  ...read("hidden_size", "num_hidden_layers", "num_attention_heads", "head_dim"),
  ...read("relative_attention_num_buckets", "relative_attention_max_distance"),
  ...read("feed_forward_proj", "dense_act_fn", "is_gated_act", "initializer_factor"),
  ...ignored("for training", "dropout_rate"),
  ...ignored("of the decoder", "num_decoder_layers", "scale_decoder_outputs", "tie_encoder_decoder"),
  ...ignored("nothing reads it", "n_positions", "output_past", "tokenizer_class"),
  is_decoder: { only: [null, false], because: "only encoders make sentence embeddings here" },
} as const;

const aliases = {
  hidden_size: "d_model",
  num_hidden_layers: "num_layers",
  num_attention_heads: "num_heads",
  head_dim: "d_kv",
};

const defaults = {
  vocab_size: 32128,
  d_model: 512,
  d_kv: 64,
  d_ff: 2048,
  num_layers: 6,
  num_heads: 8,
  relative_attention_num_buckets: 32,
  relative_attention_max_distance: 128,
  layer_norm_epsilon: 1e-6,
  feed_forward_proj: "relu",
};

const multilingualDefaults = { d_ff: 1024, num_layers: 8, num_heads: 6, feed_forward_proj: "gated-gelu" };

export const t5 = family("T5EncoderModel", defaults, false);
export const mt5 = family("MT5EncoderModel", { ...defaults, ...multilingualDefaults, vocab_size: 250112 }, false);
export const umt5 = family("UMT5EncoderModel", { ...defaults, ...multilingualDefaults, vocab_size: 250112 }, true);

function family(className: string, defaults: JsonObject, hasBiasInEachLayer: boolean): Family<T5Config> {
  return {
    className,
    prefix: "",
    layersKey: "num_layers",
    initial: { pad_token_id: null },
    // Where all share the bias of the first layer, that one stays there.
    layerPattern: hasBiasInEachLayer
      ? /encoder\.block\.(\d+)\./
      : /encoder\.block\.(\d+)\.(?!layer\.0\.SelfAttention\.relative_attention_bias)/,
    configKeys,
    aliases,
    parse: (json, file) => parse({ ...defaults, ...json }, file),
    build(config, scope, { input_ids: ids, attention_mask: mask }) {
      const { hiddenSize, vocabularySize, layers, initializerFactor } = config;
      const encoder = scope.at("encoder");
      // One table under two names; where a checkpoint has both, the encoder takes its own.
      const words = encoder.has("embed_tokens.weight") ? encoder.at("embed_tokens") : scope.at("shared");
      const embedded = graph.gather(words.table(vocabularySize, hiddenSize, { deviation: initializerFactor }), ids);
      let hidden: Node = graph.dropout(graph.reshape(embedded, ["tokens", hiddenSize]));
      let bias: Node | undefined;
      for (let index = 0; index < layers; index++) {
        const layer = encoder.at(`block.${index}`);
        if (bias === undefined || hasBiasInEachLayer) bias = positionBias(layer, config, ids);
        hidden = graph.add(hidden, graph.dropout(attention(layer.at("layer.0"), config, hidden, { mask, bias })));
        hidden = graph.add(hidden, graph.dropout(feedForward(layer.at("layer.1"), config, hidden)));
      }
      const normed = graph.dropout(norm(encoder.at("final_layer_norm"), config)(hidden));
      return graph.reshape(normed, ["batch", "sequence", hiddenSize]);
    },
  };
}

function positionBias(layer: Scope, config: T5Config, ids: Node): Node {
  const { buckets, heads, maxDistance, hiddenSize } = config;
  const bias = layer.at("layer.0.SelfAttention.relative_attention_bias");
  const table = bias.table(buckets, heads, initial(config, hiddenSize));
  return graph.relativePositionBias(table, ids, { maxDistance });
}

function attention(
  scope: Scope,
  config: T5Config,
  x: Node,
  { mask, bias }: { readonly mask: Node; readonly bias: Node },
): Node {
  const { hiddenSize, heads, headWidth } = config;
  const own = scope.at("SelfAttention");
  const normed = norm(scope.at("layer_norm"), config)(x);
  const projection = (name: string, count: number) =>
    linear(own.at(name), hiddenSize, heads * headWidth, { bias: false, hints: initial(config, count) })(normed);
  // A new query is smaller by the factor that scales the scores in other families.
  const query = projection("q", hiddenSize * headWidth);
  const [key, value] = [projection("k", hiddenSize), projection("v", hiddenSize)];
  const attended = graph.attention(query, key, value, { mask, positionBias: bias, heads, scale: 1 });
  const inner = heads * headWidth;
  return linear(own.at("o"), inner, hiddenSize, { bias: false, hints: initial(config, inner) })(attended);
}

function feedForward(scope: Scope, config: T5Config, x: Node): Node {
  const { hiddenSize, intermediateSize, activation, isGated } = config;
  const own = scope.at("DenseReluDense");
  const normed = norm(scope.at("layer_norm"), config)(x);
  const up = (name: string) =>
    linear(own.at(name), hiddenSize, intermediateSize, { bias: false, hints: initial(config, hiddenSize) })(normed);
  const first = graph.activation(up(isGated ? "wi_0" : "wi"), activation);
  const intermediate = graph.dropout(isGated ? graph.multiply(first, up("wi_1")) : first);
  const hints = initial(config, intermediateSize);
  return linear(own.at("wo"), intermediateSize, hiddenSize, { bias: false, hints })(intermediate);
}

function norm(scope: Scope, { hiddenSize, epsilon, initializerFactor }: T5Config): Layer {
  return rmsNorm(scope, hiddenSize, epsilon, { value: initializerFactor });
}

/** Initialization with a standard deviation of 1 / sqrt(count), count mostly being the number of inputs. */
function initial({ initializerFactor }: T5Config, count: number): InitialHints {
  return { deviation: initializerFactor / Math.sqrt(count) };
}

function parse(config: JsonObject, file: string): T5Config {
  const projection = string(config, "feed_forward_proj", file);
  const [first, second, ...rest] = projection.split("-");
  if (rest.length > 0 || (second !== undefined && first !== "gated")) {
    throw new HpdError(
      "invalid_model",
      `${file}: feed_forward_proj should be an activation or gated- and an activation, got ${projection}`,
    );
  }
  const named = projection === "gated-gelu" ? "gelu_new" : (second ?? first);
  return {
    layers: positiveInteger(config, "num_layers", file),
    hiddenSize: positiveInteger(config, "d_model", file),
    heads: positiveInteger(config, "num_heads", file),
    headWidth: positiveInteger(config, "d_kv", file),
    intermediateSize: positiveInteger(config, "d_ff", file),
    // transformers saves both, and on loading they override feed_forward_proj.
    activation: activationOf(string(config, "dense_act_fn", file, named), "dense_act_fn", file),
    isGated: boolean(config, "is_gated_act", file, first === "gated"),
    epsilon: nonNegativeNumber(config, "layer_norm_epsilon", file),
    vocabularySize: positiveInteger(config, "vocab_size", file),
    buckets: positiveInteger(config, "relative_attention_num_buckets", file),
    maxDistance: positiveInteger(config, "relative_attention_max_distance", file),
    initializerFactor: nonNegativeNumber(config, "initializer_factor", file, 1),
    maxPositions: undefined,
    positions: { kind: "relative" },
  };
}
