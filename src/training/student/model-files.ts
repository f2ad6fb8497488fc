/** The files of a model beside its modules: read from one model, to be saved with another. */

import type { JsonObject } from "../../common/json.ts";
import { mostPositions } from "../../encode/load-tokenizer.ts";
import type { ModelSource } from "../../hub/model-source.ts";
import { readBytes } from "../../hub/read-file.ts";
import { modelConfigName } from "../../modules/model-config.ts";
import type { Module } from "../../modules/module.ts";
import { pathIn, readJsonObject } from "../../modules/read-json.ts";
import type { ModelFiles } from "../../modules/save-modules.ts";
import { readTransformerSettings, type TransformerSettings } from "../../modules/transformer/settings.ts";
import type { Transformer } from "../../modules/transformer/transformer.ts";
import { effectiveMaxLength } from "../../tokenizer/max-length.ts";
import { moduleConfigName, tokenizerConfigName, tokenizerOwnFileNames } from "../../tokenizer/tokenizer-files.ts";
import { whitespaceTokenizerName } from "../../tokenizer/whitespace-tokenizer.ts";

/** The tokenizer files of Python, including those that this library doesn't read. */
const tokenizerFiles = [...tokenizerOwnFileNames, "sentencepiece.bpe.model", "spiece.model"];

/** The model config of a model without prompts. */
export const plainConfig: JsonObject = {
  model_type: "SentenceTransformer",
  prompts: { query: "", document: "" },
  default_prompt_name: null,
  similarity_fn_name: "cosine",
};

/** The first module of a model, and its folder. */
export type InputWithFiles =
  | { readonly kind: "Transformer"; readonly folder: string; readonly module: Transformer }
  | { readonly kind: "StaticEmbedding"; readonly folder: string; readonly module: Module }
  | { readonly kind: "WordEmbeddings"; readonly folder: string; readonly module: Module };

/** The tokenizer file of each module that has exactly one. */
const onlyTokenizerFile = { StaticEmbedding: "tokenizer.json", WordEmbeddings: whitespaceTokenizerName } as const;

/** @param input the module of the files; for a transformer, the maximum length depends on it */
export async function readModelFiles(source: ModelSource, input: InputWithFiles): Promise<ModelFiles> {
  const config = await readModelConfig(source);
  if (input.kind === "Transformer") {
    return { inputFiles: await readTransformerFiles(source, input.folder, input.module), config };
  }
  const name = onlyTokenizerFile[input.kind];
  return { inputFiles: new Map([[name, await readBytes(source, pathIn(input.folder, name))]]), config };
}

async function readTransformerFiles(
  source: ModelSource,
  transformerFolder: string,
  transformer: Transformer,
): Promise<Map<string, Uint8Array>> {
  const settings = await readTransformerSettings(source, transformerFolder);
  const { files: transformerFiles, tokenizerConfig } = await readTokenizer(source, transformerFolder, settings);
  // The two keys that all versions read, and later ones if the model has them: versions before 5.4 refuse those.
  const { maxSeqLength, doLowerCase, lengthKeys } = settings;
  const positions = mostPositions(transformer, maxSeqLength !== undefined);
  const moduleConfig = {
    max_seq_length: effectiveMaxLength({ max_seq_length: maxSeqLength }, tokenizerConfig, {
      max_position_embeddings: positions,
    }),
    do_lower_case: doLowerCase,
    ...lengthKeys,
  };
  transformerFiles.set(moduleConfigName, jsonFile(moduleConfig));
  return transformerFiles;
}

/** The files of a tokenizer, with its module's settings in its config, and this config. */
export async function readTokenizer(
  source: ModelSource,
  folder: string,
  settings: Pick<TransformerSettings, "tokenizer">,
): Promise<{ files: Map<string, Uint8Array>; tokenizerConfig: JsonObject }> {
  const files = new Map<string, Uint8Array>();
  const has = (name: string): boolean => source.files.includes(pathIn(folder, name));
  for (const name of tokenizerFiles.filter(has)) files.set(name, await readBytes(source, pathIn(folder, name)));
  const tokenizerConfig = {
    ...(has(tokenizerConfigName) ? await readJsonObject(source, pathIn(folder, tokenizerConfigName)) : {}),
    ...settings.tokenizer,
  };
  if (Object.keys(settings.tokenizer).length > 0) files.set(tokenizerConfigName, jsonFile(tokenizerConfig));
  return { files, tokenizerConfig };
}

export function jsonFile(value: JsonObject): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** The model config: prompts and similarity function. */
export async function readModelConfig(source: ModelSource): Promise<JsonObject> {
  return source.files.includes(modelConfigName) ? await readJsonObject(source, modelConfigName) : plainConfig;
}
