/** The tokenizer of an input module, and the maximum lengths of its texts. */
import { describe, type JsonObject, parseJsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { readText } from "../hub/read-file.ts";
import type { AnyInput, WordInput } from "../modules/input-module.ts";
import { object, pathIn, readJsonObject } from "../modules/read-json.ts";
import { longestText } from "../modules/transformer/family.ts";
import { plainSettings, type TransformerSettings } from "../modules/transformer/settings.ts";
import { type TextKind, textKinds } from "../modules/transformer/text-lengths.ts";
import type { Transformer } from "../modules/transformer/transformer.ts";
import { buildTokenizer, type ModelTokenizer, tokenSpellings } from "../tokenizer/build-tokenizer.ts";
import {
  moduleConfigName,
  type TokenizerFiles,
  tokenizerConfigName,
  tokenizerOwnFileNames,
} from "../tokenizer/tokenizer-files.ts";
import { buildWhitespaceTokenizer, whitespaceTokenizerName } from "../tokenizer/whitespace-tokenizer.ts";
import { withinEmbeddings } from "../tokenizer/within-embeddings.ts";

export interface LoadedTokenizer {
  readonly tokenizer: ModelTokenizer;
  /** Maximum tokens of a text of each kind, special ones and prompt included. */
  readonly limits: Readonly<Record<TextKind, number>>;
  /** Reads the spelling of each id from the files, every time: few callers need it. */
  readonly spellings: () => Promise<ReadonlyMap<number, string>>;
}

/** @throws HpdError as `buildTokenizer` and `textLimits` do */
export async function loadTokenizer(source: ModelSource, input: AnyInput): Promise<LoadedTokenizer> {
  if (input.kind === "StaticEmbedding") return await loadPlainTokenizer(source, input);
  if (input.kind === "WordEmbeddings") return await loadWords(source, input);
  if (input.kind === "SparseStaticEmbedding") return await loadTokenizerAlone(source, input);
  const { module, settings } = input;
  const files = await readTokenizerFiles(source, input.folder, settings);
  const { folder, vocabularySize } = input;
  const tokenizer = withinEmbeddings(tokenizerOf(files, module), vocabularySize, source.name);
  const limits = textLimits(tokenizer, settings, module, source.name);
  // Neither the module, with its weights, nor the files are held.
  const config = configOf(files, module);
  const spellings = async () =>
    tokenSpellings(new Map([...(await readTokenizerFiles(source, folder, settings)), ["config.json", config]]));
  return { tokenizer, limits, spellings };
}

/**
 * Loads a tokenizer.json alone, as `tokenizers.Tokenizer.from_file` and `encode` without special tokens do: the post
 * processor is left out, and the file's own `truncation` applies.
 */
async function loadPlainTokenizer(source: ModelSource, { folder, vocabularySize }: AnyInput): Promise<LoadedTokenizer> {
  const path = pathIn(folder, "tokenizer.json");
  const file = `${source.name}/${path}`;
  if (!source.files.includes(path)) throw new HpdError("not_found", `${file} is missing: a StaticEmbedding needs it`);
  const plain = plainTokenizerOf(await readText(source, path), file);
  const tokenizer = withinEmbeddings(plain, vocabularySize, source.name);
  const limit = plain.maxLength === endless ? Number.POSITIVE_INFINITY : plain.maxLength;
  const spellings = async () => tokenSpellings(new Map([["tokenizer.json", await readText(source, path)]]));
  return { tokenizer, limits: { sentence: limit, query: limit, document: limit }, spellings };
}

/** Loads a tokenizer as `AutoTokenizer` does, without a model, and encodes without special tokens. */
async function loadTokenizerAlone(source: ModelSource, { folder, vocabularySize }: AnyInput): Promise<LoadedTokenizer> {
  const read = () => readTokenizerFiles(source, folder, { ...plainSettings, maxSeqLength: endless });
  const files = await read();
  const text = files.get(tokenizerConfigName);
  const { model_max_length: stated } = text === undefined ? {} : parseJsonObject(text, tokenizerConfigName);
  const limit = typeof stated === "number" && stated < endless ? stated : Number.POSITIVE_INFINITY;
  const tokenizer = withinEmbeddings(buildTokenizer(files, false), vocabularySize, source.name);
  const spellings = async () => tokenSpellings(await read());
  return { tokenizer, limits: { sentence: limit, query: limit, document: limit }, spellings };
}

/** The `maxLength` of a tokenizer that doesn't truncate. */
export const endless = Number.MAX_SAFE_INTEGER;

/** The tokenizer of a StaticEmbedding. @param text of tokenizer.json, `file` its path for messages */
export function plainTokenizerOf(text: string, file: string): ModelTokenizer {
  const json = parseJsonObject(text, file);
  const { post_processor: _, padding: __, ...rest } = json;
  return buildTokenizer(
    new Map([
      ["tokenizer.json", JSON.stringify(rest)],
      [moduleConfigName, JSON.stringify({ max_seq_length: truncationOf(json, file) ?? endless })],
    ]),
  );
}

async function loadWords(source: ModelSource, input: WordInput): Promise<LoadedTokenizer> {
  const path = pathIn(input.folder, whitespaceTokenizerName);
  const words = buildWhitespaceTokenizer(await readJsonObject(source, path), `${source.name}/${path}`, input.maxLength);
  const tokenizer = withinEmbeddings(words, input.vocabularySize, source.name);
  const { maxLength } = input;
  const spellings = async () => {
    const { vocab } = await readJsonObject(source, path);
    return new Map((vocab as string[]).map((word, id) => [id, word]));
  };
  return { tokenizer, limits: { sentence: maxLength, query: maxLength, document: maxLength }, spellings };
}

/** The maximum length of a tokenizer.json's own truncation. */
function truncationOf(json: JsonObject, file: string): number | undefined {
  if ((json.truncation ?? null) === null) return undefined;
  const { max_length: length, strategy = "LongestFirst" } = object(json, "truncation", file);
  if (strategy !== "LongestFirst" && strategy !== "OnlyFirst") {
    throw new HpdError(
      "unsupported",
      `${file}: truncation.strategy should be LongestFirst or OnlyFirst, got ${describe(strategy)}`,
    );
  }
  if (Number.isSafeInteger(length) && (length as number) > 0) return length as number;
  throw new HpdError(
    "invalid_model",
    `${file}: truncation.max_length should be a positive integer, got ${describe(length)}`,
  );
}

/** The tokenizer's files in `folder`, with the settings written into them, as a saved module has them. */
async function readTokenizerFiles(
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
export function tokenizerOf(files: TokenizerFiles, transformer: Transformer): ModelTokenizer {
  return buildTokenizer(new Map([...files, ["config.json", configOf(files, transformer)]]));
}

/** The config.json from which the tokenizer is built. */
function configOf(files: TokenizerFiles, transformer: Transformer): string {
  const { max_seq_length: explicit } = parseJsonObject(files.get(moduleConfigName)!, moduleConfigName);
  const config = {
    ...transformer.transformerConfig.json,
    max_position_embeddings: mostPositions(transformer, (explicit ?? undefined) !== undefined),
  };
  return JSON.stringify(config);
}

/**
 * Maximum positions, to which a tokenizer truncates: `max_position_embeddings`, or fewer where some are for padding;
 * null for no limit.
 *
 * @param isStated whether the module has a maximum length of its own, which overrides positions that are no table
 */
export function mostPositions({ transformerConfig: { parsed } }: Transformer, isStated: boolean): number | null {
  if (parsed.positions.kind !== "relative") return longestText(parsed);
  return isStated ? null : (parsed.maxPositions ?? null);
}

/**
 * Maximum tokens of a text of each kind.
 *
 * @param name of the model, for messages
 * @throws HpdError `invalid_model` where one has no room for the special tokens
 */
export function textLimits(
  tokenizer: ModelTokenizer,
  { lengths }: Pick<TransformerSettings, "lengths">,
  { transformerConfig }: Pick<Transformer, "transformerConfig">,
  name: string,
): Readonly<Record<TextKind, number>> {
  const { parsed } = transformerConfig;
  const empty = tokenizer.encode("");
  const longest = longestText(parsed);
  const specialTokens = empty.length;
  const limits = textKinds.map((kind): [TextKind, number] => {
    const limit = Math.min(lengths[kind] ?? tokenizer.maxLength, longest);
    // Such a token takes no position, so that a text may have more tokens than positions.
    const { positions } = parsed;
    if (limit === longest && positions.kind === "after_padding" && empty.includes(positions.paddingId)) {
      throw new HpdError(
        "unsupported",
        `${name}: config.json: pad_token_id is ${positions.paddingId}, a special token of every text that takes no ` +
          "position, so that Python truncates texts elsewhere. Set max_seq_length in sentence_bert_config.json to " +
          `${longest - 1} or less`,
      );
    }
    if (limit >= specialTokens) return [kind, limit];
    throw new HpdError(
      "invalid_model",
      `${name}: the maximum length of a ${kind} should be at least its ${specialTokens} special tokens, got ${limit}`,
    );
  });
  return Object.fromEntries(limits) as Record<TextKind, number>;
}
