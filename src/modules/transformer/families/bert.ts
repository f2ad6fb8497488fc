/** BERT and those that share its layers: TinyBERT, MiniLM. Source: transformers, `models/bert/modeling_bert.py`. */
import * as graph from "../../../graph/build.ts";
import { bertKeys } from "../../keys/transformer-keys.ts";
import type { Family } from "../family.ts";
import { embeddings, feedForward, parseSizes, selfAttention } from "../layers/bert-like.ts";
import { firstTokenHead } from "../layers/classification-heads.ts";

export const bertDefaults = {
  num_hidden_layers: 12,
  hidden_size: 768,
  num_attention_heads: 12,
  intermediate_size: 3072,
  hidden_act: "gelu",
  layer_norm_eps: 1e-12,
  vocab_size: 30522,
  max_position_embeddings: 512,
};

export const bert: Family = {
  className: "BertModel",
  prefix: "bert.",
  layersKey: "num_hidden_layers",
  layerPattern: /encoder\.layer\.(\d+)\./,
  configKeys: bertKeys,
  pooler: "pooler.dense",
  initial: { type_vocab_size: 2, pad_token_id: 0 },
  head: firstTokenHead("classifier", { model: "pooler.dense" }, "tanh"),
  maskedHead: ({ activation }) => ({
    dense: "cls.predictions.transform.dense",
    norm: "cls.predictions.transform.LayerNorm",
    activation,
    decoder: "cls.predictions.decoder",
    bias: "cls.predictions.bias",
    table: "embeddings.word_embeddings",
  }),
  parse: (json, file) => parseSizes(json, file, bertDefaults),
  build(config, scope, features) {
    let hidden = embeddings(scope.at("embeddings"), features, config);
    for (let index = 0; index < config.layers; index++) {
      const layer = scope.at(`encoder.layer.${index}`);
      const attended = selfAttention(layer.at("attention"), config, features.attention_mask)(hidden);
      hidden = feedForward(layer, config)(attended);
    }
    return graph.reshape(hidden, ["batch", "sequence", config.hiddenSize]);
  },
};
