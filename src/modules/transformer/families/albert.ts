/**
 * ALBERT: one layer that computes several times, or one for each group of layers.
 * Source: transformers, `models/albert/modeling_albert.py`.
 */
import { ignored, read } from "../../../common/key-table.ts";
import { HpdError } from "../../../errors.ts";
import * as graph from "../../../graph/build.ts";
import type { Node } from "../../../graph/node.ts";
import { bertKeys } from "../../keys/transformer-keys.ts";
import { positiveInteger } from "../../read-json.ts";
import type { Family, FamilyConfig } from "../family.ts";
import { embeddings, feedForward, parseSizes, selfAttention } from "../layers/bert-like.ts";
import { firstTokenHead } from "../layers/classification-heads.ts";
import { type Layer, linear, type Scope } from "../layers/scope.ts";

interface AlbertConfig extends FamilyConfig {
  readonly embeddingSize: number;
  readonly groups: number;
  /** Layers of a group, one after the other each time that it computes. */
  readonly layersOfGroup: number;
}

const defaults = {
  vocab_size: 30000,
  embedding_size: 128,
  hidden_size: 4096,
  num_hidden_layers: 12,
  num_hidden_groups: 1,
  num_attention_heads: 64,
  intermediate_size: 16384,
  inner_group_num: 1,
  hidden_act: "gelu_new",
  max_position_embeddings: 512,
  layer_norm_eps: 1e-12,
};

export const albert: Family<AlbertConfig> = {
  className: "AlbertModel",
  prefix: "albert.",
  layersKey: "num_hidden_layers",
  layerPattern: undefined,
  initial: { type_vocab_size: 2, pad_token_id: 0 },
  configKeys: {
    ...bertKeys,
    ...read("embedding_size", "num_hidden_groups", "inner_group_num"),
    ...ignored("for heads", "classifier_dropout_prob"),
    ...ignored("nothing reads it", "down_scale_factor", "gap_size", "net_structure_type", "num_memory_blocks"),
  },
  head: firstTokenHead("classifier", { model: "pooler" }, "tanh"),
  maskedHead: ({ activation, embeddingSize }) => ({
    dense: "predictions.dense",
    norm: "predictions.LayerNorm",
    activation,
    decoder: "predictions.decoder",
    bias: "predictions.bias",
    table: "embeddings.word_embeddings",
    width: embeddingSize,
  }),
  parse(json, file) {
    const config = { ...defaults, ...json };
    const sizes = parseSizes(json, file, defaults);
    const groups = positiveInteger(config, "num_hidden_groups", file);
    if (groups > sizes.layers) {
      throw new HpdError(
        "invalid_model",
        `${file}: num_hidden_groups should be at most num_hidden_layers ${sizes.layers}, got ${groups}`,
      );
    }
    return {
      ...sizes,
      embeddingSize: positiveInteger(config, "embedding_size", file),
      groups,
      layersOfGroup: positiveInteger(config, "inner_group_num", file),
    };
  },
  build(config, scope, features) {
    const { embeddingSize, hiddenSize, layers, groups } = config;
    const encoder = scope.at("encoder");
    const narrow = embeddings(scope.at("embeddings"), features, config, { width: embeddingSize });
    let hidden = linear(encoder.at("embedding_hidden_mapping_in"), embeddingSize, hiddenSize)(narrow);
    // Made once, so that all uses of a layer share its parameters.
    const made = Array.from({ length: groups }, (_, group) =>
      Array.from({ length: config.layersOfGroup }, (_, inner) =>
        layerOf(encoder.at(`albert_layer_groups.${group}.albert_layers.${inner}`), config, features.attention_mask),
      ),
    );
    for (let index = 0; index < layers; index++) {
      for (const layer of made[Math.trunc(index / (layers / groups))]!) hidden = layer(hidden);
    }
    return graph.reshape(hidden, ["batch", "sequence", hiddenSize]);
  },
};

const attentionNames = { query: "query", key: "key", value: "value", output: "dense", norm: "LayerNorm" };

const feedForwardNames = { up: "ffn", down: "ffn_output", norm: "full_layer_layer_norm" };

function layerOf(scope: Scope, config: AlbertConfig, mask: Node): Layer {
  const attention = selfAttention(scope.at("attention"), config, mask, { names: attentionNames });
  const forward = feedForward(scope, config, { names: feedForwardNames, drops: false });
  return (x) => forward(attention(x));
}
