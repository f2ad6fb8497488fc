/** The tokenizer of a Transformer module: its files, and what the module's settings put before them. */
import { parseJsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { readText } from "../hub/read-file.ts";
import { pathIn } from "../modules/read-json.ts";
import { longestText } from "../modules/transformer/config.ts";
import type { TransformerSettings } from "../modules/transformer/settings.ts";
import { type TextKind, textKinds } from "../modules/transformer/text-lengths.ts";
import type { Transformer } from "../modules/transformer/transformer.ts";
import { buildTokenizer, type ModelTokenizer } from "../tokenizer/build-tokenizer.ts";
import {
  moduleConfigName,
  type TokenizerFiles,
  tokenizerConfigName,
  tokenizerOwnFileNames,
} from "../tokenizer/tokenizer-files.ts";

/** The files of `folder` that the tokenizer is made of, with the settings in them: what a saved module would hold. */
export async function readTokenizerFiles(
  source: ModelSource,
  folder: string,
  settings: TransformerSettings,
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const name of tokenizerOwnFileNames) {
    const file = pathIn(folder, name);
    if (source.files.includes(file)) files.set(name, await readText(source, file));
  }
  if (Object.keys(settings.tokenizer).length > 0) {
    const text = files.get(tokenizerConfigName);
    const config =
      text === undefined ? {} : parseJsonObject(text, `${source.name}/${pathIn(folder, tokenizerConfigName)}`);
    files.set(tokenizerConfigName, JSON.stringify({ ...config, ...settings.tokenizer }, undefined, 2));
  }
  const { maxSeqLength, doLowerCase } = settings;
  files.set(moduleConfigName, JSON.stringify({ max_seq_length: maxSeqLength, do_lower_case: doLowerCase }));
  return files;
}

/** @param files as `readTokenizerFiles` gives them */
export function tokenizerOf(files: TokenizerFiles, { json, transformerConfig }: Transformer): ModelTokenizer {
  const config = { ...json, max_position_embeddings: transformerConfig.maxPositions };
  return buildTokenizer(new Map([...files, ["config.json", JSON.stringify(config)]]));
}

/**
 * The most tokens of a text of each kind.
 *
 * @param name of the model, for messages
 * @throws HpdError `invalid_model` where one has no room for the special tokens
 */
export function textLimits(
  tokenizer: ModelTokenizer,
  { lengths }: TransformerSettings,
  { transformerConfig }: Transformer,
  name: string,
): Readonly<Record<TextKind, number>> {
  const { architecture, paddingId } = transformerConfig;
  const empty = tokenizer.encode("");
  const positions = longestText(transformerConfig);
  const specialTokens = empty.length;
  const limits = textKinds.map((kind): [TextKind, number] => {
    const limit = Math.min(lengths[kind] ?? tokenizer.maxLength, positions);
    // Such a token takes no position, so more of them fit than positions were counted for.
    if (limit === positions && architecture.positions === "after_padding" && empty.includes(paddingId)) {
      throw new HpdError(
        "unsupported",
        `${name}: config.json: pad_token_id is ${paddingId}, a token that stands around every text and takes no ` +
          "position, so that Python cuts texts elsewhere. Set max_seq_length in sentence_bert_config.json to " +
          `${positions - 1} or less`,
      );
    }
    if (limit >= specialTokens) return [kind, limit];
    throw new HpdError(
      "invalid_model",
      `${name}: a length of ${limit} tokens for a ${kind} is less than the ${specialTokens} special tokens`,
    );
  });
  return Object.fromEntries(limits) as Record<TextKind, number>;
}
