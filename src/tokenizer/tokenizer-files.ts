/** The files that a tokenizer is made of, as texts by name: reading them is the loader's work, this folder is pure. */
import { type JsonObject, parseJsonObject } from "../common/json.ts";

/** The texts of a model's files by name. */
export type TokenizerFiles = ReadonlyMap<string, string>;

/** The module config of sentence-transformers, of which `max_seq_length` and `do_lower_case` are used. */
export const moduleConfigName = "sentence_bert_config.json";

export const tokenizerConfigName = "tokenizer_config.json";

/** Those that describe the tokenizer alone. */
export const tokenizerOwnFileNames = [
  "tokenizer.json",
  tokenizerConfigName,
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.txt",
  "vocab.json",
  "merges.txt",
  "chat_template.jinja",
] as const;

/** All files that a tokenizer is built from. */
export const tokenizerFileNames: readonly string[] = [...tokenizerOwnFileNames, "config.json", moduleConfigName];

/** The parsed file, or undefined where there is none. @throws HpdError `corrupt_file` where it is no JSON object. */
export function readJsonObject(files: TokenizerFiles, name: string): JsonObject | undefined {
  const text = files.get(name);
  return text === undefined ? undefined : parseJsonObject(text, name);
}
