/**
 * What a model's files say of its tokenizer, brought to one form: the sections of a tokenizer.json, made by the
 * tokenizer class of transformers 5.23 or taken as they stand.
 */

import { describe, isObject, type JsonObject } from "../common/json.ts";
import { checkKeys } from "../common/key-table.ts";
import { HpdError } from "../errors.ts";
import { bertPair, type PairTemplate, readPairTemplate, robertaPair } from "./pair-template.ts";
import { readPostProcessor, type Surroundings } from "./post-processor.ts";
import { resolveSpecialTokens, type SpecialTokens } from "./special-tokens.ts";
import type { TokenizerClass } from "./tokenizer-class.ts";
import { readJsonObject, type TokenizerFiles } from "./tokenizer-files.ts";
import { sectionKeys } from "./tokenizer-keys.ts";
import { flag, type TokenizerSettings } from "./tokenizer-settings.ts";
import {
  type Merge,
  readMerges,
  readUnigramPieces,
  readVocabularyFiles,
  readVocabularyObject,
} from "./vocabulary-files.ts";

export interface Model {
  readonly kind: "WordPiece" | "BPE" | "Unigram";
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Of BPE alone, the first one first. */
  readonly merges: readonly Merge[];
  /** Of Unigram alone: `[piece, score]` in the order of their ids. */
  readonly pieces: readonly (readonly [string, number])[];
  /** The other keys of tokenizer.json's model. */
  readonly settings: JsonObject;
}

export interface TokenizerParts {
  readonly normalizer: unknown;
  readonly preTokenizer: unknown;
  readonly model: Model;
  readonly surroundings: Surroundings;
  readonly pairTemplate: () => PairTemplate;
  /** Where Python pads; texts are padded on the right here. */
  readonly paddingSide: "left" | "right";
  /** Whether the network is given the types of the tokens of a pair. */
  readonly tokenTypes: boolean;
  readonly special: SpecialTokens;
}

interface ClassRecipe {
  readonly kind: Model["kind"];
  readonly defaults: Readonly<Record<string, string>>;
  readonly leftStripped?: ReadonlySet<string>;
  readonly normalizer: (tokenizerConfig: JsonObject, tokenizerJson: JsonObject | undefined) => unknown;
  readonly preTokenizer: (tokenizerConfig: JsonObject) => unknown;
  /** The model's settings, whatever tokenizer.json says; the unknown token is the named one unless they say so. */
  readonly settings?: JsonObject;
  /** The names of the tokens before and after the text; what tokenizer.json says where it is undefined. */
  readonly around?: readonly [string, string];
  /** The ids of these two where a file sets the name to null. */
  readonly unnamedIds?: readonly [number, number];
  readonly pair?: (before: number, after: number) => PairTemplate;
  /** Whether the network is given the types of tokens unless tokenizer_config.json lists its inputs. */
  readonly tokenTypes?: boolean;
  /** The side on which Python pads unless a file says otherwise; the right one by default. */
  readonly paddingSide?: "left";
}

const robertaDefaults = {
  bos_token: "<s>",
  eos_token: "</s>",
  sep_token: "</s>",
  cls_token: "<s>",
  unk_token: "<unk>",
  pad_token: "<pad>",
  mask_token: "<mask>",
};

const bertNormalizer = (config: JsonObject): unknown => ({
  type: "BertNormalizer",
  clean_text: true,
  handle_chinese_chars: flag(config, "tokenize_chinese_chars", true),
  strip_accents: isAbsent(config.strip_accents) ? null : flag(config, "strip_accents", true),
  lowercase: flag(config, "do_lower_case", true),
});

const endOfText = "<|endoftext|>";

/** `PRETOKENIZE_REGEX` of transformers' Qwen2Tokenizer. */
const qwenPattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" +
  "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** The constructors of transformers 5.23's tokenizer classes, as data. */
const recipes: Readonly<Record<Exclude<TokenizerClass, "TokenizersBackend">, ClassRecipe>> = {
  BertTokenizer: {
    kind: "WordPiece",
    defaults: {
      unk_token: "[UNK]",
      sep_token: "[SEP]",
      pad_token: "[PAD]",
      cls_token: "[CLS]",
      mask_token: "[MASK]",
    },
    normalizer: bertNormalizer,
    preTokenizer: () => ({ type: "BertPreTokenizer" }),
    around: ["cls_token", "sep_token"],
    unnamedIds: [2, 3],
    pair: bertPair,
    tokenTypes: true,
  },
  MPNetTokenizer: {
    kind: "WordPiece",
    defaults: { ...robertaDefaults, unk_token: "[UNK]" },
    leftStripped: new Set(["mask_token"]),
    normalizer: bertNormalizer,
    preTokenizer: () => ({ type: "BertPreTokenizer" }),
    around: ["cls_token", "sep_token"],
    unnamedIds: [0, 2],
    pair: robertaPair,
  },
  RobertaTokenizer: {
    kind: "BPE",
    defaults: robertaDefaults,
    settings: { unk_token: null },
    normalizer: () => null,
    preTokenizer: (config) => ({ type: "ByteLevel", add_prefix_space: flag(config, "add_prefix_space", false) }),
    around: ["cls_token", "sep_token"],
    pair: robertaPair,
  },
  Qwen2Tokenizer: {
    kind: "BPE",
    defaults: { unk_token: endOfText, eos_token: endOfText, pad_token: endOfText },
    settings: { unk_token: null },
    normalizer: () => ({ type: "NFC" }),
    preTokenizer: (config) => ({
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: qwenPattern }, behavior: "Isolated", invert: false },
        { type: "ByteLevel", add_prefix_space: flag(config, "add_prefix_space", false), use_regex: false },
      ],
    }),
  },
  GemmaTokenizer: {
    kind: "BPE",
    defaults: { unk_token: "<unk>", bos_token: "<bos>", eos_token: "<eos>", pad_token: "<pad>", mask_token: "<mask>" },
    settings: { fuse_unk: true, byte_fallback: true },
    normalizer: () => ({ type: "Replace", pattern: { String: " " }, content: "▁" }),
    // No space is left for it to split at.
    preTokenizer: () => ({ type: "Split", pattern: { String: " " }, behavior: "MergedWithPrevious", invert: false }),
    paddingSide: "left",
  },
  XLMRobertaTokenizer: {
    kind: "Unigram",
    settings: { unk_id: 3 },
    defaults: robertaDefaults,
    normalizer: (_, tokenizerJson) => findPrecompiled(tokenizerJson?.normalizer),
    preTokenizer: (config) => ({
      type: "Sequence",
      pretokenizers: [
        { type: "WhitespaceSplit" },
        {
          type: "Metaspace",
          replacement: "▁",
          prepend_scheme: flag(config, "add_prefix_space", !("add_prefix_space" in config)) ? "always" : "never",
        },
      ],
    }),
    around: ["bos_token", "eos_token"],
    pair: robertaPair,
  },
};

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

/** Of a tokenizer.json's normalizer, XLM-RoBERTa's class keeps the first Precompiled one alone. */
function findPrecompiled(normalizer: unknown): unknown {
  const steps = isObject(normalizer) && Array.isArray(normalizer.normalizers) ? normalizer.normalizers : [normalizer];
  return steps.find((step) => isObject(step) && step.type === "Precompiled") ?? null;
}

/** What two of the files hold. */
export interface TokenizerConfigs {
  readonly tokenizerConfig: JsonObject;
  readonly tokenizerJson: JsonObject | undefined;
}

/** @throws HpdError where files are missing, damaged, contradict each other or ask for what is not supported. */
export function readTokenizerParts(
  files: TokenizerFiles,
  className: TokenizerClass,
  settings: TokenizerSettings,
  { tokenizerConfig, tokenizerJson }: TokenizerConfigs,
): TokenizerParts {
  const recipe = className === "TokenizersBackend" ? undefined : recipes[className];
  const model = readModel(files, tokenizerJson, recipe?.kind);
  const { vocabulary } = model;
  const special = resolveSpecialTokens(
    {
      tokenizerJson,
      tokenizerConfig,
      specialTokensMap: readJsonObject(files, "special_tokens_map.json") ?? {},
      addedTokensJson: readJsonObject(files, "added_tokens.json") ?? {},
      asItStands: recipe === undefined,
      defaults: recipe?.defaults ?? (settings.padToken === undefined ? {} : { pad_token: settings.padToken }),
      leftStripped: recipe?.leftStripped ?? new Set(),
    },
    vocabulary,
  );
  if (recipe === undefined) {
    return {
      normalizer: tokenizerJson?.normalizer,
      preTokenizer: tokenizerJson?.pre_tokenizer,
      model,
      ...around(tokenizerJson, settings),
      paddingSide: settings.paddingSide ?? "right",
      tokenTypes: settings.tokenTypes ?? false,
      special,
    };
  }
  // transformers gives a missing special token a new id, for which no model has an embedding.
  const aroundNames: readonly string[] = recipe.around ?? [];
  for (const name of [...aroundNames, "pad_token"]) {
    const content = special.named.get(name);
    if (content === undefined && recipe.unnamedIds !== undefined && aroundNames.includes(name)) continue;
    if (content !== undefined && (vocabulary.has(content) || special.declared.has(content))) continue;
    throw new HpdError(
      "invalid_model",
      `the ${name} ${describe(content)} of ${className} is not in the vocabulary of ${vocabulary.size} tokens. ` +
        "Expected tokenizer_config.json or special_tokens_map.json to name one that is.",
    );
  }
  const [before, after] = aroundNames.map((name, index) => {
    const content = special.named.get(name);
    return content === undefined ? recipe.unnamedIds![index]! : special.idOf(content)!;
  });
  // Python spells a name that is null "None", and takes a token of that spelling.
  return {
    normalizer: recipe.normalizer(tokenizerConfig, tokenizerJson),
    preTokenizer: recipe.preTokenizer(tokenizerConfig),
    model: { ...model, settings: { unk_token: special.named.get("unk_token") ?? "None", ...recipe.settings } },
    ...(recipe.around === undefined
      ? around(tokenizerJson, settings)
      : {
          surroundings: { prefix: [before!], suffix: [after!] },
          pairTemplate: () => recipe.pair!(before!, after!),
        }),
    paddingSide: settings.paddingSide ?? recipe.paddingSide ?? "right",
    tokenTypes: settings.tokenTypes ?? recipe.tokenTypes ?? false,
    special,
  };
}

/** What tokenizer.json puts around a text and a pair of them. */
function around(tokenizerJson: JsonObject | undefined, { tokenTypes }: TokenizerSettings) {
  const section = tokenizerJson?.post_processor;
  return {
    surroundings: readPostProcessor(section, tokenTypes ?? false),
    pairTemplate: () => readPairTemplate(section),
  };
}

function readModel(files: TokenizerFiles, tokenizerJson: JsonObject | undefined, expected?: Model["kind"]): Model {
  if (tokenizerJson === undefined) {
    const read = expected === undefined || expected === "Unigram" ? undefined : readVocabularyFiles(files, expected);
    if (read !== undefined) return { kind: expected!, ...read, pieces: [], settings: {} };
    throw new HpdError(
      "not_found",
      "the model has no vocabulary that can be read. Expected tokenizer.json; or vocab.txt for BERT and MPNet; or " +
        "vocab.json and merges.txt for RoBERTa. In Python, AutoTokenizer.from_pretrained(...).save_pretrained(...) " +
        "writes a tokenizer.json.",
    );
  }
  const settings = tokenizerJson.model;
  if (!isObject(settings)) {
    throw new HpdError("corrupt_file", `tokenizer.json: model should be an object, got ${describe(settings)}`);
  }
  // Files of the first versions leave the type out.
  const type =
    settings.type ?? (Array.isArray(settings.vocab) ? "Unigram" : settings.merges === undefined ? "WordPiece" : "BPE");
  if (type !== "WordPiece" && type !== "BPE" && type !== "Unigram") {
    throw new HpdError(
      "unsupported",
      `the model ${describe(type)} of tokenizer.json is not supported. Supported: WordPiece, BPE, Unigram.`,
    );
  }
  if (expected !== undefined && type !== expected) {
    throw new HpdError(
      "invalid_model",
      `tokenizer.json holds a ${type} model and the tokenizer class needs ${expected}. ` +
        "Correct tokenizer_class in tokenizer_config.json: PreTrainedTokenizerFast takes tokenizer.json as it stands.",
    );
  }
  // The tokenizer classes take the vocabulary and the merges alone.
  if (expected === undefined) checkKeys(settings, sectionKeys.model[type], `tokenizer.json: model ${type}`);
  if (type === "Unigram") {
    const pieces = readUnigramPieces(settings.vocab);
    return { kind: type, pieces, merges: [], vocabulary: new Map(pieces.map(([piece], id) => [piece, id])), settings };
  }
  const vocabulary = readVocabularyObject(settings.vocab, "tokenizer.json: model.vocab");
  const merges = type === "BPE" ? readMerges(settings.merges, "tokenizer.json: model.merges", vocabulary) : [];
  return { kind: type, vocabulary, merges, pieces: [], settings };
}
