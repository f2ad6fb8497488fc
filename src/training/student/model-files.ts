/** What a model folder holds beside its modules: read from one, to be written into another. */

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

/** Those that Python's tokenizers read or write, whether this library reads them or not. */
const tokenizerFiles = [...tokenizerOwnFileNames, "sentencepiece.bpe.model", "spiece.model"];

/** What a model that has no prompts says of itself. */
export const plainConfig: JsonObject = {
  model_type: "SentenceTransformer",
  prompts: { query: "", document: "" },
  default_prompt_name: null,
  similarity_fn_name: "cosine",
};

/** The first module of a model, and where it lies there. */
export type InputWithFiles =
  | { readonly kind: "Transformer"; readonly folder: string; readonly module: Transformer }
  | { readonly kind: "StaticEmbedding"; readonly folder: string; readonly module: Module }
  | { readonly kind: "WordEmbeddings"; readonly folder: string; readonly module: Module };

/** The tokenizers of the modules that have one file of it. */
const onlyTokenizerFile = { StaticEmbedding: "tokenizer.json", WordEmbeddings: whitespaceTokenizerName } as const;

/** @param input whose files these will be: of a transformer, how long a text may be depends on it */
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
  // The two keys that every version reads. Versions before 5.4 refuse the later ones, which only few models have.
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

/** The files of a tokenizer, in which the settings of its module are, and what its config says. */
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

/** What the model says of itself: its prompts, how it is compared. */
export async function readModelConfig(source: ModelSource): Promise<JsonObject> {
  return source.files.includes(modelConfigName) ? await readJsonObject(source, modelConfigName) : plainConfig;
}
