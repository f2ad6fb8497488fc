/**
 * WordEmbeddings: embeddings of whole words, such as GloVe's, out of a table, without a network; a Pooling follows.
 * Source: sentence-transformers 6.2, `WordEmbeddings`.
 */
import { describe, type JsonObject } from "../common/json.ts";
import { checkKeys } from "../common/key-table.ts";
import { HpdError } from "../errors.ts";
import { gather } from "../graph/build.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { openCheckpoint } from "./checkpoint.ts";
import type { WordInput } from "./input-module.ts";
import { moduleKeys } from "./keys/module-keys.ts";
import type { Module } from "./module.ts";
import { type Parameters, readParameters } from "./parameters.ts";
import { optionalPositiveInteger, pathIn, readJsonObject } from "./read-json.ts";

const configName = "wordembedding_config.json";
const weightName = "emb_layer.weight";

/** Maximum words of a text if the config has none. */
const maxWords = 1_000_000;

/**
 * @throws HpdError `not_found`, `corrupt_file`; `invalid_model`, `unsupported` naming the file and what it should be
 */
export async function loadWordEmbeddings(source: ModelSource, folder: string): Promise<WordInput> {
  const path = pathIn(folder, configName);
  const file = `${source.name}/${path}`;
  const config = await readJsonObject(source, path);
  checkKeys(config, moduleKeys.WordEmbeddings, file);
  requireWhitespaceTokenizer(config.tokenizer_class, file);
  const maxLength = optionalPositiveInteger(config, "max_seq_length", file) ?? maxWords;
  const checkpoint = await openCheckpoint(source, folder);
  try {
    const build = (parameters: Parameters): Module => buildWordEmbeddings(config, parameters);
    const module = build(await readParameters(checkpoint, folder, build));
    const [vocabularySize] = module.parameters.tensor(weightName, [-1, -1]).shape as [number, number];
    return { kind: "WordEmbeddings", folder, vocabularySize, module, maxLength };
  } finally {
    await checkpoint.close();
  }
}

function buildWordEmbeddings(config: JsonObject, parameters: Parameters): Module {
  const { shape } = parameters.tensor(weightName, [-1, -1]);
  return {
    type: "WordEmbeddings",
    config: { num_embeddings: shape[0], embedding_dim: shape[1] },
    parameters,
    build: (features) => ({
      ...features,
      // In Python only a Transformer tells the Pooling which tokens are those of the prompt.
      prompt_mask: features.attention_mask,
      cls_token_embeddings: undefined,
      token_embeddings: gather(parameters.get(weightName, shape), features.input_ids),
    }),
    withParameters: (others) => buildWordEmbeddings(config, others),
    configFiles: () => ({ [configName]: config }),
  };
}

/**
 * Requires the WhitespaceTokenizer. Its path has two generations: `models.tokenizer.*` and
 * `sentence_transformer.modules.tokenizer.*`.
 */
function requireWhitespaceTokenizer(path: unknown, file: string): void {
  const name =
    typeof path === "string" ? /^sentence_transformers\.(?:\w+\.)*tokenizer\.(?:\w+\.)?(\w+)$/.exec(path) : null;
  if (name?.[1] === "WhitespaceTokenizer") return;
  throw new HpdError(
    "unsupported",
    `${file}: tokenizer_class ${describe(name?.[1] ?? path)} is not known, only WhitespaceTokenizer of sentence_transformers` +
      (name?.[1] === "PhraseTokenizer" ? ": phrases need the tokens of nltk" : ""),
  );
}
