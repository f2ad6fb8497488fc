/** RoBERTa and XLM-RoBERTa: BERT's layers, positions after the padding id. Source: transformers, `models/roberta`. */
import { robertaKeys } from "../keys/transformer-keys.ts";
import type { Architecture } from "./architecture.ts";
import { bert } from "./bert.ts";

export const roberta: Architecture = {
  ...bert,
  className: "RobertaModel",
  prefix: "roberta.",
  positions: "after_padding",
  configKeys: robertaKeys,
  defaults: { ...bert.defaults, vocab_size: 50265, pad_token_id: 1 },
};

/** CamemBERT, whose checkpoints have RoBERTa's prefix too. Source: transformers, `models/camembert`. */
export const camembert: Architecture = { ...roberta, className: "CamembertModel" };

export const xlmRoberta: Architecture = {
  ...roberta,
  className: "XLMRobertaModel",
  defaults: { ...roberta.defaults, vocab_size: 30522 },
};
