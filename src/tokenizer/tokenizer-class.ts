/**
 * The tokenizer class of transformers 5.23 for a model (`AutoTokenizer.from_pretrained`). It matters beyond the name:
 * these classes take vocabulary and added tokens from tokenizer.json and build normalizer, pre-tokenizer and
 * post-processor themselves, so that `do_lower_case` of tokenizer_config.json overrides a different tokenizer.json.
 * Only `TokenizersBackend` uses tokenizer.json unchanged.
 */

import type { JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";

export type TokenizerClass =
  | "BertTokenizer"
  | "DistilBertTokenizer"
  | "MPNetTokenizer"
  | "RobertaTokenizer"
  | "XLMRobertaTokenizer"
  | "Qwen2Tokenizer"
  | "GemmaTokenizer"
  | "LlamaTokenizer"
  | "CamembertTokenizer"
  | "T5Tokenizer"
  | "AlbertTokenizer"
  | "DebertaV2Tokenizer"
  | "TokenizersBackend";

/** Class names of tokenizer_config.json, without `Fast`, to the class that transformers makes of each. */
const byName: Readonly<Record<string, TokenizerClass>> = {
  BertTokenizer: "BertTokenizer",
  DistilBertTokenizer: "DistilBertTokenizer",
  ElectraTokenizer: "BertTokenizer",
  MobileBertTokenizer: "BertTokenizer",
  SqueezeBertTokenizer: "BertTokenizer",
  LayoutLMTokenizer: "BertTokenizer",
  LxmertTokenizer: "BertTokenizer",
  MPNetTokenizer: "MPNetTokenizer",
  RobertaTokenizer: "RobertaTokenizer",
  BartTokenizer: "RobertaTokenizer",
  LongformerTokenizer: "RobertaTokenizer",
  XLMRobertaTokenizer: "XLMRobertaTokenizer",
  Qwen2Tokenizer: "Qwen2Tokenizer",
  GemmaTokenizer: "GemmaTokenizer",
  LlamaTokenizer: "LlamaTokenizer",
  CamembertTokenizer: "CamembertTokenizer",
  T5Tokenizer: "T5Tokenizer",
  AlbertTokenizer: "AlbertTokenizer",
  DebertaV2Tokenizer: "DebertaV2Tokenizer",
  TokenizersBackend: "TokenizersBackend",
  PreTrainedTokenizer: "TokenizersBackend",
};

const byModelType: Readonly<Record<string, TokenizerClass>> = {
  bert: "BertTokenizer",
  distilbert: "BertTokenizer",
  electra: "BertTokenizer",
  squeezebert: "BertTokenizer",
  convbert: "BertTokenizer",
  nomic_bert: "BertTokenizer",
  mpnet: "MPNetTokenizer",
  roberta: "RobertaTokenizer",
  longformer: "RobertaTokenizer",
  "xlm-roberta": "XLMRobertaTokenizer",
  gte: "XLMRobertaTokenizer",
  camembert: "CamembertTokenizer",
  t5: "T5Tokenizer",
  mt5: "T5Tokenizer",
  umt5: "TokenizersBackend",
  // Where mistral-common isn't installed.
  mistral: "TokenizersBackend",
  albert: "AlbertTokenizer",
  "deberta-v2": "DebertaV2Tokenizer",
  qwen2: "Qwen2Tokenizer",
  qwen3: "Qwen2Tokenizer",
  gemma: "GemmaTokenizer",
  gemma2: "GemmaTokenizer",
  gemma3: "GemmaTokenizer",
  gemma3_text: "GemmaTokenizer",
  modernbert: "TokenizersBackend",
  "xlm-roberta-xl": "TokenizersBackend",
};

/**
 * @param isByteLevel whether tokenizer.json has the word "ByteLevel" in it
 * @throws HpdError `unsupported` for a class that is not known, naming it and the ones that are
 */
export function tokenizerClass(
  tokenizerConfig: JsonObject,
  config: JsonObject,
  isByteLevel: boolean,
): TokenizerClass | undefined {
  const type = config.model_type;
  const registered = typeof type === "string" && Object.hasOwn(byModelType, type) ? byModelType[type] : undefined;
  const named = tokenizerConfig.tokenizer_class ?? config.tokenizer_class;
  // A model type without a class of its own is taken as tokenizer.json stands, whatever the config names.
  if (typeof named !== "string" || registered === "TokenizersBackend") return registered;
  // transformers knows what the folders of these name to be wrong.
  if (type === "qwen2") return registered;
  const name = named.replace(/Fast$/, "");
  // Files of Llama 3 name the class of its predecessors, whose words have no bytes.
  if (name === "LlamaTokenizer" && isByteLevel) return "TokenizersBackend";
  if (Object.hasOwn(byName, name)) return byName[name];
  throw new HpdError(
    "unsupported",
    `the tokenizer class ${named} is not supported, only ${Object.keys(byName).join(", ")}`,
  );
}
