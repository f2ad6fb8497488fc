/** BERT and those that share its layers: TinyBERT, MiniLM. Source: transformers, `models/bert/modeling_bert.py`. */

import { bertKeys } from "../keys/transformer-keys.ts";
import { type Architecture, commonDefaults, commonKeys } from "./architecture.ts";

export const bert: Architecture = {
  className: "BertModel",
  prefix: "bert.",
  keys: commonKeys,
  positions: "sequential",
  hasTokenTypes: true,
  hasRelativePositionBias: false,
  hasPooler: true,
  layer: (index) => ({
    query: `encoder.layer.${index}.attention.self.query`,
    key: `encoder.layer.${index}.attention.self.key`,
    value: `encoder.layer.${index}.attention.self.value`,
    attentionOutput: `encoder.layer.${index}.attention.output.dense`,
    attentionNorm: `encoder.layer.${index}.attention.output.LayerNorm`,
    intermediate: `encoder.layer.${index}.intermediate.dense`,
    output: `encoder.layer.${index}.output.dense`,
    outputNorm: `encoder.layer.${index}.output.LayerNorm`,
  }),
  configKeys: bertKeys,
  defaults: commonDefaults,
};
