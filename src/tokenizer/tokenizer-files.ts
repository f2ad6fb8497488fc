/** The files that a tokenizer is made of, as texts by name: reading them is the loader's work, this folder is pure. */
import { type JsonObject, parseJsonObject } from "../common/json.ts";

/** From file name to text; a file that the model lacks is not in the map. */
export type TokenizerFiles = ReadonlyMap<string, string>;

/** The module config of sentence-transformers; of it `max_seq_length` and `do_lower_case` count. */
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

/** What the loader gives, where it is there. */
export const tokenizerFileNames: readonly string[] = [...tokenizerOwnFileNames, "config.json", moduleConfigName];

/** The parsed file, or undefined where there is none. @throws HpdError `corrupt_file` where it is no JSON object. */
export function readJsonObject(files: TokenizerFiles, name: string): JsonObject | undefined {
  const text = files.get(name);
  return text === undefined ? undefined : parseJsonObject(text, name);
}
