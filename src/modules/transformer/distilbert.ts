/** DistilBERT. Source: transformers, `models/distilbert/modeling_distilbert.py`. */
import { distilbertKeys } from "../keys/transformer-keys.ts";
import type { Architecture } from "./architecture.ts";

export const distilbert: Architecture = {
  className: "DistilBertModel",
  prefix: "distilbert.",
  keys: {
    layers: "n_layers",
    hiddenSize: "dim",
    heads: "n_heads",
    intermediateSize: "hidden_dim",
    activation: "activation",
  },
  positions: "sequential",
  hasTokenTypes: false,
  hasRelativePositionBias: false,
  hasPooler: false,
  layer: (index) => ({
    query: `transformer.layer.${index}.attention.q_lin`,
    key: `transformer.layer.${index}.attention.k_lin`,
    value: `transformer.layer.${index}.attention.v_lin`,
    attentionOutput: `transformer.layer.${index}.attention.out_lin`,
    attentionNorm: `transformer.layer.${index}.sa_layer_norm`,
    intermediate: `transformer.layer.${index}.ffn.lin1`,
    output: `transformer.layer.${index}.ffn.lin2`,
    outputNorm: `transformer.layer.${index}.output_layer_norm`,
  }),
  configKeys: distilbertKeys,
  aliases: { num_hidden_layers: "n_layers", hidden_size: "dim", num_attention_heads: "n_heads" },
  defaults: {
    n_layers: 6,
    dim: 768,
    n_heads: 12,
    hidden_dim: 3072,
    activation: "gelu",
    vocab_size: 30522,
    max_position_embeddings: 512,
  },
  fixed: { layerNormEpsilon: 1e-12 },
};
