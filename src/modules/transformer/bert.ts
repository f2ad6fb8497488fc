/** BERT and those that share its layers: TinyBERT, MiniLM. Source: transformers, `models/bert/modeling_bert.py`. */

import type { JsonObject } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import { boolean, string } from "../read-json.ts";
import { type Architecture, commonKeys } from "./architecture.ts";

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
  check(config: JsonObject, file: string) {
    const positions = string(config, "position_embedding_type", file, "absolute");
    if (positions !== "absolute") {
      throw new HpdError("unsupported", `${file}: position_embedding_type should be "absolute", got "${positions}"`);
    }
    if (boolean(config, "is_decoder", file, false)) {
      throw new HpdError("unsupported", `${file}: is_decoder is true; only encoders make sentence embeddings here`);
    }
  },
};
