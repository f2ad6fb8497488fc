/**
 * MPNet: a bias from relative positions, shared by all layers. Source: transformers, `models/mpnet/modeling_mpnet.py`.
 */
import * as graph from "../../../graph/build.ts";
import { mpnetKeys } from "../../keys/transformer-keys.ts";
import type { Family } from "../family.ts";
import { embeddings, feedForward, parseSizes, selfAttention } from "../layers/bert-like.ts";
import { bert, bertDefaults } from "./bert.ts";
import { robertaHead, robertaMaskedHead } from "./roberta.ts";

const defaults = { ...bertDefaults, vocab_size: 30527 };

/** Fixed in transformers, whatever config.json says. */
const [paddingId, buckets] = [1, 32];

const attentionNames = {
  query: "attn.q",
  key: "attn.k",
  value: "attn.v",
  output: "attn.o",
  norm: "LayerNorm",
};

export const mpnet: Family = {
  ...bert,
  className: "MPNetModel",
  prefix: "mpnet.",
  configKeys: mpnetKeys,
  head: robertaHead,
  maskedHead: () => robertaMaskedHead,
  parse: (json, file) => ({
    ...parseSizes(json, file, defaults),
    positions: { kind: "after_padding", paddingId },
  }),
  build(config, scope, features) {
    const { hiddenSize, heads } = config;
    const { input_ids: ids, attention_mask: mask } = features;
    let hidden = embeddings(scope.at("embeddings"), features, { ...config, hasTokenTypes: false });
    const table = scope.at("encoder.relative_attention_bias").table(-1, heads, { rows: buckets });
    const positionBias = graph.relativePositionBias(table, ids);
    for (let index = 0; index < config.layers; index++) {
      const layer = scope.at(`encoder.layer.${index}`);
      const options = { names: attentionNames, positionBias };
      const attended = selfAttention(layer.at("attention"), config, mask, options)(hidden);
      hidden = feedForward(layer, config)(attended);
    }
    return graph.reshape(hidden, ["batch", "sequence", hiddenSize]);
  },
};
