/** MPNet: a bias from relative positions, shared by all layers. Source: transformers, `models/mpnet/modeling_mpnet.py`. */
import { mpnetKeys } from "../keys/transformer-keys.ts";
import { type Architecture, commonDefaults, commonKeys } from "./architecture.ts";

export const mpnet: Architecture = {
  className: "MPNetModel",
  prefix: "mpnet.",
  keys: commonKeys,
  positions: "after_padding",
  hasTokenTypes: false,
  hasRelativePositionBias: true,
  hasPooler: true,
  layer: (index) => ({
    query: `encoder.layer.${index}.attention.attn.q`,
    key: `encoder.layer.${index}.attention.attn.k`,
    value: `encoder.layer.${index}.attention.attn.v`,
    attentionOutput: `encoder.layer.${index}.attention.attn.o`,
    attentionNorm: `encoder.layer.${index}.attention.LayerNorm`,
    intermediate: `encoder.layer.${index}.intermediate.dense`,
    output: `encoder.layer.${index}.output.dense`,
    outputNorm: `encoder.layer.${index}.output.LayerNorm`,
  }),
  configKeys: mpnetKeys,
  defaults: { ...commonDefaults, vocab_size: 30527 },
  fixed: { paddingId: 1 },
};
