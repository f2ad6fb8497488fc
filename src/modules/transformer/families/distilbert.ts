/** DistilBERT. Source: transformers, `models/distilbert/modeling_distilbert.py`. */
import * as graph from "../../../graph/build.ts";
import { distilbertKeys } from "../../keys/transformer-keys.ts";
import type { Family } from "../family.ts";
import { embeddings, feedForward, parseSizes, selfAttention } from "../layers/bert-like.ts";
import { firstTokenHead } from "../layers/classification-heads.ts";

const defaults = {
  n_layers: 6,
  dim: 768,
  n_heads: 12,
  hidden_dim: 3072,
  activation: "gelu",
  // Fixed in transformers, whatever config.json says.
  layer_norm_eps: 1e-12,
  vocab_size: 30522,
  max_position_embeddings: 512,
};

const keys = {
  layers: "n_layers",
  hiddenSize: "dim",
  heads: "n_heads",
  intermediateSize: "hidden_dim",
  activation: "activation",
};

const attentionNames = {
  query: "attention.q_lin",
  key: "attention.k_lin",
  value: "attention.v_lin",
  output: "attention.out_lin",
  norm: "sa_layer_norm",
};

const attentionOptions = { names: attentionNames, drops: false };

const feedForwardNames = { up: "ffn.lin1", down: "ffn.lin2", norm: "output_layer_norm" };

export const distilbert: Family = {
  className: "DistilBertModel",
  prefix: "distilbert.",
  layersKey: keys.layers,
  layerPattern: /transformer\.layer\.(\d+)\./,
  configKeys: distilbertKeys,
  aliases: { num_hidden_layers: "n_layers", hidden_size: "dim", num_attention_heads: "n_heads" },
  initial: { type_vocab_size: 2, pad_token_id: 0 },
  head: firstTokenHead("classifier", { root: "pre_classifier" }, "relu"),
  maskedHead: ({ activation }) => ({
    dense: "vocab_transform",
    norm: "vocab_layer_norm",
    activation,
    decoder: "vocab_projector",
    table: "embeddings.word_embeddings",
  }),
  parse: ({ layer_norm_eps: _, ...json }, file) => parseSizes(json, file, defaults, keys),
  build(config, scope, features) {
    const { hiddenSize } = config;
    let hidden = embeddings(scope.at("embeddings"), features, { ...config, hasTokenTypes: false });
    for (let index = 0; index < config.layers; index++) {
      const layer = scope.at(`transformer.layer.${index}`);
      const attended = selfAttention(layer, config, features.attention_mask, attentionOptions)(hidden);
      hidden = feedForward(layer, config, { names: feedForwardNames })(attended);
    }
    return graph.reshape(hidden, ["batch", "sequence", hiddenSize]);
  },
};
