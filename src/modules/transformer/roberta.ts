/** RoBERTa and XLM-RoBERTa: BERT's layers, positions after the padding id. Source: transformers, `models/roberta`. */
import type { Architecture } from "./architecture.ts";
import { bert } from "./bert.ts";

export const roberta: Architecture = {
  ...bert,
  className: "RobertaModel",
  prefix: "roberta.",
  positions: "after_padding",
};

export const xlmRoberta: Architecture = { ...roberta, className: "XLMRobertaModel" };
