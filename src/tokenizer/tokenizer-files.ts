/** The files that a tokenizer is made of, as texts by name: reading them is the loader's work, this folder is pure. */
import { HpdError } from "../errors.ts";

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

export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The parsed file, or undefined where there is none. @throws HpdError `corrupt_file` where it is no JSON object. */
export function readJsonObject(files: TokenizerFiles, name: string): JsonObject | undefined {
  const text = files.get(name);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new HpdError("corrupt_file", `${name} should be JSON: ${(cause as Error).message}. Download it again.`, {
      cause,
    });
  }
  if (isObject(value)) return value;
  throw new HpdError("corrupt_file", `${name} should hold a JSON object, got ${describe(value)}`);
}

/** A value as an error message names it: short, whatever it is. */
export function describe(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 60) ?? String(value);
}
