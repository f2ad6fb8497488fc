/**
 * RoBERTa, XLM-RoBERTa and CamemBERT: BERT's layers, positions after the padding id.
 * Source: transformers, `models/roberta/modeling_roberta.py` and its copies.
 */
import type { JsonObject } from "../../../common/json.ts";
import { robertaKeys } from "../../keys/transformer-keys.ts";
import { nonNegativeInteger } from "../../read-json.ts";
import type { Family, FamilyConfig, MaskedLanguageHead } from "../family.ts";
import { parseSizes } from "../layers/bert-like.ts";
import { firstTokenHead } from "../layers/classification-heads.ts";
import { bert, bertDefaults } from "./bert.ts";

/** MPNet's too. */
export const robertaHead = firstTokenHead("classifier.out_proj", { root: "classifier.dense" }, "tanh", {
  drops: true,
});

/** MPNet's too. */
export const robertaMaskedHead: MaskedLanguageHead = {
  dense: "lm_head.dense",
  norm: "lm_head.layer_norm",
  activation: "gelu",
  decoder: "lm_head.decoder",
  bias: "lm_head.bias",
  table: "embeddings.word_embeddings",
};

const defaults = { ...bertDefaults, vocab_size: 50265, pad_token_id: 1 };

export const roberta: Family = {
  ...bert,
  className: "RobertaModel",
  prefix: "roberta.",
  configKeys: robertaKeys,
  head: robertaHead,
  maskedHead: () => robertaMaskedHead,
  parse: (json, file) => parse(json, file, defaults),
};

/** Its checkpoints have RoBERTa's prefix too. */
export const camembert: Family = { ...roberta, className: "CamembertModel" };

export const xlmRoberta: Family = {
  ...roberta,
  className: "XLMRobertaModel",
  parse: (json, file) => parse(json, file, { ...defaults, vocab_size: 30522 }),
};

function parse(json: JsonObject, file: string, defaults: JsonObject): FamilyConfig {
  const paddingId = nonNegativeInteger({ ...defaults, ...json }, "pad_token_id", file);
  return { ...parseSizes(json, file, defaults), positions: { kind: "after_padding", paddingId } };
}
