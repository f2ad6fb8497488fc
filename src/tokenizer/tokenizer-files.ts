/** The files that a tokenizer is made of, as texts by name: reading them is the loader's work, this folder is pure. */
import { type JsonObject, parseJsonObject } from "../common/json.ts";

/** From file name to text; a file that the model lacks is not in the map. */
export type TokenizerFiles = ReadonlyMap<string, string>;

/** The module config of sentence-transformers, under the names it has had; the first one that is there counts. */
export const moduleConfigNames = [
  "sentence_bert_config.json",
  "sentence_roberta_config.json",
  "sentence_distilbert_config.json",
  "sentence_camembert_config.json",
  "sentence_albert_config.json",
  "sentence_xlm-roberta_config.json",
  "sentence_xlnet_config.json",
] as const;

/** Those that describe the tokenizer alone. */
export const tokenizerOwnFileNames = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.txt",
  "vocab.json",
  "merges.txt",
] as const;

/** What the loader should read of the Transformer module's folder, where it is there. */
export const tokenizerFileNames: readonly string[] = [...tokenizerOwnFileNames, "config.json", ...moduleConfigNames];

/** The parsed file, or undefined where there is none. @throws HpdError `corrupt_file` where it is no JSON object. */
export function readJsonObject(files: TokenizerFiles, name: string): JsonObject | undefined {
  const text = files.get(name);
  return text === undefined ? undefined : parseJsonObject(text, name);
}
