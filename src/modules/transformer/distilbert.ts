/** DistilBERT. Source: transformers, `models/distilbert/modeling_distilbert.py`. */
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
  check() {},
};
