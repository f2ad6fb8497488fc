/** What a model folder holds beside its modules: read from one, to be written into another. */

import type { JsonObject } from "../../common/json.ts";
import type { ModelSource } from "../../hub/model-source.ts";
import { readBytes } from "../../hub/read-file.ts";
import { pathIn, readJsonObject } from "../../modules/read-json.ts";
import type { ModelFiles } from "../../modules/save-modules.ts";
import type { Transformer } from "../../modules/transformer/transformer.ts";
import { effectiveMaxLength } from "../../tokenizer/max-length.ts";
import { moduleConfigNames, tokenizerOwnFileNames } from "../../tokenizer/tokenizer-files.ts";

/** Those that Python's tokenizers read or write, whether this library reads them or not. */
const tokenizerFiles = [...tokenizerOwnFileNames, "sentencepiece.bpe.model", "spiece.model"];

/** What a model that has no prompts says of itself. */
export const plainConfig: JsonObject = {
  model_type: "SentenceTransformer",
  prompts: { query: "", document: "" },
  default_prompt_name: null,
  similarity_fn_name: "cosine",
};

const configFile = "config_sentence_transformers.json";

/**
 * @param transformerFolder of the transformer inside the model
 * @param transformer whose files these will be: how long a text may be depends on it
 */
export async function readModelFiles(
  source: ModelSource,
  transformerFolder: string,
  transformer: Transformer,
): Promise<ModelFiles> {
  const transformerFiles = new Map<string, Uint8Array>();
  const has = (name: string): boolean => source.files.includes(pathIn(transformerFolder, name));
  for (const name of tokenizerFiles.filter(has)) {
    transformerFiles.set(name, await readBytes(source, pathIn(transformerFolder, name)));
  }
  const read = async (name: string | undefined): Promise<JsonObject> =>
    name !== undefined && has(name) ? await readJsonObject(source, pathIn(transformerFolder, name)) : {};
  const module = await read(moduleConfigNames.find(has));
  // The two keys that every version reads. Versions before 5.4 refuse the later ones.
  const moduleConfig = {
    max_seq_length: effectiveMaxLength(module, await read("tokenizer_config.json"), transformer.json),
    do_lower_case: module.do_lower_case === true,
  };
  transformerFiles.set(
    moduleConfigNames[0],
    new TextEncoder().encode(`${JSON.stringify(moduleConfig, undefined, 2)}\n`),
  );
  return { transformerFiles, config: await readModelConfig(source) };
}

/** What the model says of itself: its prompts, how it is compared. */
export async function readModelConfig(source: ModelSource): Promise<JsonObject> {
  return source.files.includes(configFile) ? await readJsonObject(source, configFile) : plainConfig;
}
