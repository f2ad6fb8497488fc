/** The families that are known, by `model_type` of config.json. */
import type { JsonObject } from "../../common/json.ts";
import { albert } from "./families/albert.ts";
import { bert } from "./families/bert.ts";
import { debertaV2 } from "./families/deberta-v2.ts";
import { distilbert } from "./families/distilbert.ts";
import { electra } from "./families/electra.ts";
import { euroBert } from "./families/eurobert.ts";
import { gemma3 } from "./families/gemma3.ts";
import { gte, newModel } from "./families/gte.ts";
import { jinaBert, jinaBertOf } from "./families/jina-bert.ts";
import { llama, mistral } from "./families/llama.ts";
import { modernBert } from "./families/modernbert.ts";
import { mpnet } from "./families/mpnet.ts";
import { nomicBert } from "./families/nomic-bert.ts";
import { qwen2, qwen3 } from "./families/qwen.ts";
import { camembert, roberta, xlmRoberta } from "./families/roberta.ts";
import { mt5, t5, umt5 } from "./families/t5.ts";
import type { Family } from "./family.ts";
import { lookUp } from "./look-up.ts";

const families: Readonly<Record<string, Family>> = {
  bert,
  roberta,
  "xlm-roberta": xlmRoberta,
  distilbert,
  mpnet,
  camembert,
  electra,
  albert,
  t5,
  mt5,
  umt5,
  "deberta-v2": debertaV2,
  nomic_bert: nomicBert,
  modernbert: modernBert,
  gte,
  new: newModel,
  qwen2,
  qwen3,
  llama,
  mistral,
  gemma3_text: gemma3,
  eurobert: euroBert,
};

/** @throws HpdError `unsupported` for another family, with the list of those that work */
export function familyOf(json: JsonObject, file: string): Family {
  if (json.model_type === "bert" && jinaBertOf(json) !== undefined) return jinaBert;
  return lookUp(families, json.model_type, "model_type", file);
}
