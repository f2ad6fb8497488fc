/** The constructors of transformers 5.23's tokenizer classes, as data. */

import type { JsonObject } from "../common/json.ts";
import { type ClassRecipe, metaspace, nullableFlag, robertaDefaults } from "./class-recipe.ts";
import { bertPair, robertaPair } from "./pair-template.ts";
import type { TokenizerClass } from "./tokenizer-class.ts";
import { flag } from "./tokenizer-settings.ts";
import { albertRecipe, camembertRecipe, debertaV2Recipe, t5Recipe, xlmRobertaRecipe } from "./unigram-recipes.ts";

const bertNormalizer = (config: JsonObject): unknown => ({
  type: "BertNormalizer",
  clean_text: true,
  handle_chinese_chars: flag(config, "tokenize_chinese_chars", true),
  strip_accents: (config.strip_accents ?? undefined) === undefined ? null : flag(config, "strip_accents", true),
  lowercase: flag(config, "do_lower_case", true),
});

const endOfText = "<|endoftext|>";

/** `PRETOKENIZE_REGEX` of transformers' Qwen2Tokenizer. */
const qwenPattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" +
  "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

const bertRecipe: ClassRecipe = {
  kind: "WordPiece",
  vocabularyFiles: "vocab.txt",
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
  unnamedId: 3,
  pair: bertPair,
  tokenTypes: true,
};

export const classRecipes: Readonly<Record<Exclude<TokenizerClass, "TokenizersBackend">, ClassRecipe>> = {
  BertTokenizer: bertRecipe,
  DistilBertTokenizer: { ...bertRecipe, tokenTypes: false },
  MPNetTokenizer: {
    kind: "WordPiece",
    vocabularyFiles: "vocab.txt",
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
    vocabularyFiles: "vocab.json and merges.txt",
    defaults: robertaDefaults,
    settings: { unk_token: null },
    normalizer: () => null,
    preTokenizer: (config) => ({ type: "ByteLevel", add_prefix_space: flag(config, "add_prefix_space", false) }),
    around: ["cls_token", "sep_token"],
    pair: robertaPair,
  },
  Qwen2Tokenizer: {
    kind: "BPE",
    vocabularyFiles: "vocab.json and merges.txt",
    defaults: { unk_token: endOfText, eos_token: endOfText, pad_token: endOfText },
    plainSpecialTokens: true,
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
  LlamaTokenizer: {
    kind: "BPE",
    defaults: { unk_token: "<unk>", bos_token: "<s>", eos_token: "</s>" },
    settings: { unk_token: null, fuse_unk: true, byte_fallback: true },
    normalizer: () => null,
    preTokenizer: (config) => {
      const always = nullableFlag(config, "legacy", false) ? "always" : "first";
      return metaspace(flag(config, "add_prefix_space", true) ? always : "never", false);
    },
    paddingSide: "left",
  },
  CamembertTokenizer: camembertRecipe,
  T5Tokenizer: t5Recipe,
  AlbertTokenizer: albertRecipe,
  DebertaV2Tokenizer: debertaV2Recipe,
  XLMRobertaTokenizer: xlmRobertaRecipe,
};
