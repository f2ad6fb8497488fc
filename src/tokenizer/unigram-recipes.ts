/** The tokenizer classes of transformers 5.23 whose model is Unigram, as data. */

import { describe, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { type ClassRecipe, metaspace, nullableFlag, precompiledOf, robertaDefaults } from "./class-recipe.ts";
import { bertPair, robertaPair, t5Pair } from "./pair-template.ts";

const bertDefaults = {
  bos_token: "[CLS]",
  eos_token: "[SEP]",
  sep_token: "[SEP]",
  cls_token: "[CLS]",
  unk_token: "[UNK]",
  pad_token: "[PAD]",
  mask_token: "[MASK]",
};

/** Words between white space, each with the mark of a space before it. */
function markedWords(config: JsonObject): unknown {
  const scheme = nullableFlag(config, "add_prefix_space", true) ? "always" : "never";
  return { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, metaspace(scheme)] };
}

function replace(pattern: JsonObject, content: string): JsonObject {
  return { type: "Replace", pattern, content };
}

export const xlmRobertaRecipe: ClassRecipe = {
  kind: "Unigram",
  settings: { unk_id: 3 },
  defaults: robertaDefaults,
  normalizer: precompiledOf,
  preTokenizer: markedWords,
  around: ["bos_token", "eos_token"],
  pair: robertaPair,
};

export const camembertRecipe: ClassRecipe = {
  ...xlmRobertaRecipe,
  settings: {},
  unknownId: (pieces, unknown) => {
    const place = pieces.findIndex(([piece]) => piece === unknown);
    return Math.max(place, 0);
  },
  leftStripped: new Set(["mask_token"]),
  moreTokens: (listed) => (listed === undefined ? ["<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"] : []),
};

export const t5Recipe: ClassRecipe = {
  kind: "Unigram",
  settings: { unk_id: 2 },
  defaults: { eos_token: "</s>", unk_token: "<unk>", pad_token: "<pad>" },
  moreTokens: (listed, { extra_ids: count = 100 }) => {
    if (typeof count !== "number" || !Number.isInteger(count) || count < 0 || count > 10_000) {
      throw new HpdError(
        "corrupt_file",
        `tokenizer_config.json: extra_ids should be an integer from 0 to 10000, got ${describe(count)}`,
      );
    }
    if (listed?.some((content) => content.includes("<extra_id_"))) return [];
    return Array.from({ length: count }, (_, index) => `<extra_id_${index}>`);
  },
  normalizer: precompiledOf,
  preTokenizer: () => markedWords({}),
  around: [undefined, "eos_token"],
  pair: (_, after) => t5Pair(after),
};

export const albertRecipe: ClassRecipe = {
  kind: "Unigram",
  settings: { unk_id: 1 },
  defaults: { ...bertDefaults, unk_token: "<unk>", pad_token: "<pad>" },
  normalizer: (config, tokenizerJson) => ({
    type: "Sequence",
    normalizers: [
      replace({ String: "``" }, '"'),
      replace({ String: "''" }, '"'),
      ...(nullableFlag(config, "keep_accents", false) ? [] : [{ type: "NFKD" }, { type: "StripAccents" }]),
      ...(nullableFlag(config, "do_lower_case", true) ? [{ type: "Lowercase" }] : []),
      precompiledOf(config, tokenizerJson) ?? [],
    ].flat(),
  }),
  preTokenizer: markedWords,
  around: ["cls_token", "sep_token"],
  aroundByDefault: true,
  pair: bertPair,
};

export const debertaV2Recipe: ClassRecipe = {
  kind: "Unigram",
  unknownId: (pieces, unknown, { unk_id: id = 1 }) => {
    const place = pieces.findIndex(([piece, score]) => piece === unknown && score === 0);
    return place >= 0 ? place : (id as number);
  },
  defaults: bertDefaults,
  normalizer: (config) => ({
    type: "Sequence",
    normalizers: [
      ...(nullableFlag(config, "do_lower_case", false) ? [{ type: "Lowercase" }] : []),
      replace({ Regex: "\\s{2,}|[\\n\\r\\t]" }, " "),
      { type: "NFC" },
      { type: "Strip", strip_left: false, strip_right: true },
    ],
  }),
  preTokenizer: (config) => ({
    type: "Sequence",
    pretokenizers: [
      ...(nullableFlag(config, "split_by_punct", false) ? [{ type: "Punctuation", behavior: "Isolated" }] : []),
      metaspace(nullableFlag(config, "add_prefix_space", true) ? "always" : "first"),
    ],
  }),
  around: ["cls_token", "sep_token"],
  unnamedIds: [0, 0],
  pair: bertPair,
  tokenTypes: true,
};
