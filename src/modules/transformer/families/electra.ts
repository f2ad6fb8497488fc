/**
 * ELECTRA, generator and discriminator: BERT, with embeddings that may be narrower than its layers.
 * Source: transformers, `models/electra/modeling_electra.py`.
 */
import { ignored, read } from "../../../common/key-table.ts";
import * as graph from "../../../graph/build.ts";
import { bertKeys } from "../../keys/transformer-keys.ts";
import { positiveInteger } from "../../read-json.ts";
import type { Family, FamilyConfig } from "../family.ts";
import { embeddings, feedForward, parseSizes, selfAttention } from "../layers/bert-like.ts";
import { firstTokenHead } from "../layers/classification-heads.ts";
import { linear } from "../layers/scope.ts";

interface ElectraConfig extends FamilyConfig {
  readonly embeddingSize: number;
}

const defaults = {
  vocab_size: 30522,
  embedding_size: 128,
  hidden_size: 256,
  num_hidden_layers: 12,
  num_attention_heads: 4,
  intermediate_size: 1024,
  hidden_act: "gelu",
  max_position_embeddings: 512,
  layer_norm_eps: 1e-12,
};

export const electra: Family<ElectraConfig> = {
  className: "ElectraModel",
  prefix: "electra.",
  layersKey: "num_hidden_layers",
  layerPattern: /encoder\.layer\.(\d+)\./,
  initial: { type_vocab_size: 2, pad_token_id: 0 },
  configKeys: {
    ...bertKeys,
    ...read("embedding_size"),
    ...ignored("for heads", "summary_type", "summary_use_proj", "summary_activation", "summary_last_dropout"),
    ...ignored("for heads", "summary_first_dropout", "summary_proj_to_labels"),
  },
  head: firstTokenHead("classifier.out_proj", { root: "classifier.dense" }, "gelu", { drops: true }),
  maskedHead: ({ embeddingSize }) => ({
    dense: "generator_predictions.dense",
    norm: "generator_predictions.LayerNorm",
    // Fixed in transformers, whatever config.json says.
    activation: "gelu",
    decoder: "generator_lm_head",
    table: "embeddings.word_embeddings",
    width: embeddingSize,
  }),
  parse: (json, file) => ({
    ...parseSizes(json, file, defaults),
    embeddingSize: positiveInteger({ ...defaults, ...json }, "embedding_size", file),
  }),
  build(config, scope, features) {
    const { embeddingSize, hiddenSize } = config;
    const narrow = embeddings(scope.at("embeddings"), features, config, { width: embeddingSize });
    let hidden =
      embeddingSize === hiddenSize ? narrow : linear(scope.at("embeddings_project"), embeddingSize, hiddenSize)(narrow);
    for (let index = 0; index < config.layers; index++) {
      const layer = scope.at(`encoder.layer.${index}`);
      const attended = selfAttention(layer.at("attention"), config, features.attention_mask)(hidden);
      hidden = feedForward(layer, config)(attended);
    }
    return graph.reshape(hidden, ["batch", "sequence", hiddenSize]);
  },
};
