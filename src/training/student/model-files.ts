/** What a model folder holds beside its modules: read from one, to be written into another. */
import type { ModelSource } from "../../hub/model-source.ts";
import { type JsonObject, pathIn, readBytes, readJsonObject } from "../../modules/read-json.ts";
import type { ModelFiles } from "../../modules/save-modules.ts";
import { moduleConfigNames } from "../../tokenizer/tokenizer-files.ts";

/** Those that Python's tokenizers read or write, whether this library reads them or not. */
const tokenizerFiles = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.txt",
  "vocab.json",
  "merges.txt",
  "sentencepiece.bpe.model",
  "spiece.model",
];

/** As version 6.2 writes it where a model had none. */
const moduleConfig: JsonObject = {
  transformer_task: "feature-extraction",
  modality_config: { text: { method: "forward", method_output_name: "last_hidden_state" } },
  module_output_name: "token_embeddings",
};

/** What a model that has no prompts says of itself. */
export const plainConfig: JsonObject = {
  model_type: "SentenceTransformer",
  prompts: { query: "", document: "" },
  default_prompt_name: null,
  similarity_fn_name: "cosine",
};

const configFile = "config_sentence_transformers.json";

/** @param transformerFolder of the transformer inside the model */
export async function readModelFiles(source: ModelSource, transformerFolder: string): Promise<ModelFiles> {
  const transformerFiles = new Map<string, Uint8Array>();
  const has = (name: string): boolean => source.files.includes(pathIn(transformerFolder, name));
  const moduleConfigName = moduleConfigNames.find(has);
  for (const name of [...tokenizerFiles.filter(has), ...(moduleConfigName === undefined ? [] : [moduleConfigName])]) {
    transformerFiles.set(name, await readBytes(source, pathIn(transformerFolder, name)));
  }
  if (moduleConfigName === undefined) {
    const text = `${JSON.stringify(moduleConfig, undefined, 2)}\n`;
    transformerFiles.set(moduleConfigNames[0], new TextEncoder().encode(text));
  }
  const config = source.files.includes(configFile) ? await readJsonObject(source, configFile) : plainConfig;
  return { transformerFiles, config };
}
