/**
 * Builds the tokenizer of a Transformer module from its files, with the ids of sentence-transformers 6.2 and
 * transformers 5.23. Texts are not stripped, as since sentence-transformers 6.2.
 */

import { describe, isObject, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { byteLetters } from "./byte-level.ts";
import type { EncodedPair } from "./encode-pair.ts";
import { effectiveMaxLength } from "./max-length.ts";
import { bertNormalizer, buildNormalizer } from "./normalizers.ts";
import { PipelineTokenizer } from "./pipeline-tokenizer.ts";
import { buildPreTokenizer, endsInBytes } from "./pre-tokenizers.ts";
import { isSeparable } from "./separable.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { tokenizerClass } from "./tokenizer-class.ts";
import { moduleConfigName, readJsonObject, type TokenizerFiles, tokenizerConfigName } from "./tokenizer-files.ts";
import { readTokenizerParts, type TokenizerParts } from "./tokenizer-parts.ts";
import { readTokenizerSettings, type TokenizerSettings } from "./tokenizer-settings.ts";
import { buildWordModel, buildWordPiece } from "./word-models.ts";
import { WordPieceTokenizer } from "./word-piece-tokenizer.ts";

export interface ModelTokenizer extends Tokenizer {
  /** Ids of `[CLS]`, `[SEP]` and so on: transformers' `all_special_ids`. */
  readonly specialIds: ReadonlySet<number>;
  /** The padding side in Python; here texts are padded on the right. */
  readonly paddingSide: "left" | "right";
  /**
   * Ids and token types of two texts as one input, `[CLS] first [SEP] second [SEP]` for BERT, at most `maxLength` ids:
   * the longer text is cut first, as `truncation="longest_first"` of transformers does.
   *
   * @throws HpdError `unsupported` for a template of tokenizer.json that is not, `invalid_argument` where the special
   *   tokens alone are longer than `maxLength`
   */
  encodePair(first: string, second: string, maxLength?: number): EncodedPair;
}

/**
 * @param files the texts of `tokenizerFileNames`, as far as the model has them
 * @param addsSpecialTokens whether a text is given the special tokens around it: `add_special_tokens` of transformers
 * @throws HpdError `not_found` without a vocabulary, `corrupt_file` for a damaged file, `invalid_model` where the
 *   files contradict each other, `unsupported` for a tokenizer that is not known, each naming the cause
 */
export function buildTokenizer(files: TokenizerFiles, addsSpecialTokens = true): ModelTokenizer {
  const { tokenizerConfig, config, settings, parts } = readParts(files);
  const module = readJsonObject(files, moduleConfigName) ?? {};
  const { prefix, suffix } = addsSpecialTokens ? parts.surroundings : { prefix: [], suffix: [] };
  const maxLength = effectiveMaxLength(module, tokenizerConfig, config);
  if (maxLength < prefix.length + suffix.length) {
    throw new HpdError(
      "invalid_model",
      `the maximum length should be at least the ${prefix.length + suffix.length} special tokens, got ${maxLength}`,
    );
  }
  const padToken = parts.special.named.get("pad_token");
  const padId =
    (padToken === undefined ? undefined : parts.special.idOf(padToken)) ??
    (typeof config.pad_token_id === "number" ? config.pad_token_id : 0);
  const addedIds = parts.special.added.map(({ id }) => id);
  const largestId = Math.max(
    padId,
    ...prefix,
    ...suffix,
    largestOf(addedIds),
    largestOf(parts.model.vocabulary.values()),
  );
  const options = {
    prefix,
    suffix,
    pairTemplate: parts.pairTemplate,
    tokenTypes: parts.tokenTypes,
    maxLength,
    padId,
    paddingSide: parts.paddingSide,
    vocabularySize: largestId + 1,
    addedTokens: parts.special.added,
    specialIds: parts.special.specialIds,
  };

  const normalizer = module.do_lower_case ? withLowercase(parts.normalizer) : parts.normalizer;
  if (isFast(parts, settings, normalizer)) {
    return new WordPieceTokenizer({
      ...options,
      normalizer: bertNormalizer(normalizer),
      model: buildWordPiece(parts.model),
    });
  }
  if (parts.model.kind === "BPE" && endsInBytes(parts.preTokenizer)) requireBytes(parts.model.vocabulary);
  return new PipelineTokenizer({
    ...settings,
    ...options,
    normalize: buildNormalizer(normalizer),
    preTokenize: buildPreTokenizer(parts.preTokenizer, normalizer),
    isSeparable: isSeparable(normalizer, parts.preTokenizer),
    model: buildWordModel(parts.model),
  });
}

/** The spelling of each id in the vocabulary: `##ing`, `Ġthe`, `▁a`. @param files as for `buildTokenizer` */
export function tokenSpellings(files: TokenizerFiles): Map<number, string> {
  const { parts } = readParts(files);
  const spellings = new Map<number, string>();
  for (const [token, id] of parts.model.vocabulary) spellings.set(id, token);
  for (const { content, id } of parts.special.added) spellings.set(id, content);
  return spellings;
}

function readParts(files: TokenizerFiles) {
  const tokenizerConfig = readJsonObject(files, tokenizerConfigName) ?? {};
  const config = readJsonObject(files, "config.json") ?? {};
  const tokenizerJson = readJsonObject(files, "tokenizer.json");
  const settings = readTokenizerSettings(tokenizerConfig, tokenizerJson);
  requirePaddingId(config);
  const isByteLevel = files.get("tokenizer.json")?.includes('"ByteLevel"') ?? false;
  const className = tokenizerClass(tokenizerConfig, config, isByteLevel) ?? classOfFiles(files);
  const parts = readTokenizerParts(files, className, settings, { tokenizerConfig, tokenizerJson });
  return { tokenizerConfig, config, settings, parts };
}

/** @throws HpdError `invalid_model` for what is no id: positions and batches are counted with it. */
function requirePaddingId(config: JsonObject): void {
  const id = config.pad_token_id ?? 0;
  if (typeof id === "number" && Number.isInteger(id) && id >= 0 && id < 2 ** 31) return;
  throw new HpdError("invalid_model", `config.json: pad_token_id should be an integer from 0 on, got ${describe(id)}`);
}

/** @throws HpdError `unsupported` where a byte has no letter: its part of a text would be left out. */
function requireBytes(vocabulary: ReadonlyMap<string, number>): void {
  const missing = byteLetters().find((letter) => !vocabulary.has(letter));
  if (missing === undefined) return;
  throw new HpdError(
    "unsupported",
    `a BPE vocabulary without the letters of all 256 bytes (${describe(missing)} is missing) is not supported`,
  );
}

/** The class if no file names one or a known model type. */
function classOfFiles(files: TokenizerFiles): "TokenizersBackend" | "BertTokenizer" | "RobertaTokenizer" {
  if (files.has("tokenizer.json")) return "TokenizersBackend";
  return files.has("vocab.json") ? "RobertaTokenizer" : "BertTokenizer";
}

/** sentence-transformers puts a Lowercase before the normalizer of a model with `do_lower_case`, unless it has one. */
function withLowercase(normalizer: unknown): unknown {
  // Lower case first or last is the same to a BertNormalizer, and this way it keeps its fast path.
  if (isObject(normalizer) && normalizer.type === "BertNormalizer") {
    const stripAccents = normalizer.strip_accents ?? normalizer.lowercase !== false;
    return { ...normalizer, lowercase: true, strip_accents: stripAccents };
  }
  const steps =
    isObject(normalizer) && normalizer.type === "Sequence" ? normalizer.normalizers : [normalizer ?? []].flat();
  if (!Array.isArray(steps) || steps.some((step) => isObject(step) && step.type === "Lowercase")) return normalizer;
  return { type: "Sequence", normalizers: [{ type: "Lowercase" }, ...steps] };
}

function largestOf(ids: Iterable<number>): number {
  let largest = 0;
  for (const id of ids) if (id > largest) largest = id;
  return largest;
}

/** Whether the fast path gives the same ids: see its own conditions. */
function isFast(
  { model, preTokenizer, special }: TokenizerParts,
  { truncationSide, splitSpecialTokens }: TokenizerSettings,
  normalizer: unknown,
): normalizer is JsonObject {
  return (
    truncationSide === "right" &&
    !splitSpecialTokens &&
    model.kind === "WordPiece" &&
    isObject(normalizer) &&
    normalizer.type === "BertNormalizer" &&
    normalizer.clean_text !== false &&
    isObject(preTokenizer) &&
    preTokenizer.type === "BertPreTokenizer" &&
    special.added.every(({ content, normalized, singleWord }) => {
      return !normalized && !singleWord && /^[!-/:-@[-`{-~]/.test(content);
    })
  );
}
