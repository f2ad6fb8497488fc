/** Recipes: the constructors of transformers' tokenizer classes as data. */

import { isObject, type JsonObject } from "../common/json.ts";
import type { PairTemplate } from "./pair-template.ts";
import { flag } from "./tokenizer-settings.ts";

export interface ClassRecipe {
  readonly kind: "WordPiece" | "BPE" | "Unigram";
  /** The older files that the class reads where there is no tokenizer.json. */
  readonly vocabularyFiles?: "vocab.txt" | "vocab.json and merges.txt";
  /** The named tokens where no file names them. */
  readonly defaults: Readonly<Record<string, string>>;
  /** The names whose token takes the white space before it along unless a file says otherwise. */
  readonly leftStripped?: ReadonlySet<string>;
  /** Whether all special tokens lose the flags that files give them. */
  readonly plainSpecialTokens?: boolean;
  /** Further special tokens beside the contents of those that a file lists; undefined where none does. */
  readonly moreTokens?: (listed: readonly string[] | undefined, tokenizerConfig: JsonObject) => readonly string[];
  readonly normalizer: (tokenizerConfig: JsonObject, tokenizerJson: JsonObject | undefined) => unknown;
  readonly preTokenizer: (tokenizerConfig: JsonObject) => unknown;
  /** The model's settings, whatever tokenizer.json says; the unknown token is the named one unless they say so. */
  readonly settings?: JsonObject;
  /** `unk_id` of a Unigram model where the settings don't say it. */
  readonly unknownId?: (
    pieces: readonly (readonly [string, number])[],
    unknown: string,
    tokenizerConfig: JsonObject,
  ) => number;
  /** The names of the tokens before (if any) and after the text; what tokenizer.json says where it is undefined. */
  readonly around?: readonly [string | undefined, string];
  /** Whether `around` counts only where tokenizer.json has no post_processor. */
  readonly aroundByDefault?: boolean;
  /** The ids of the tokens around where a file sets the name to null. */
  readonly unnamedIds?: readonly [number, number];
  /** The id of both where both names are null, if it is one: Python spells both "None". */
  readonly unnamedId?: number;
  readonly pair?: (before: number, after: number) => PairTemplate;
  /** Whether the network is given the types of tokens unless tokenizer_config.json lists its inputs. */
  readonly tokenTypes?: boolean;
  /** The side on which Python pads unless a file says otherwise; the right one by default. */
  readonly paddingSide?: "left";
}

export const robertaDefaults = {
  bos_token: "<s>",
  eos_token: "</s>",
  sep_token: "</s>",
  cls_token: "<s>",
  unk_token: "<unk>",
  pad_token: "<pad>",
  mask_token: "<mask>",
};

/** A step that sets the mark of a space. */
export function metaspace(scheme: "always" | "first" | "never", split = true): JsonObject {
  return { type: "Metaspace", replacement: "▁", prepend_scheme: scheme, split };
}

/** A switch that may be null, which Python takes for false; `usual` where it is absent. */
export function nullableFlag(config: JsonObject, name: string, usual: boolean): boolean {
  return config[name] === null ? false : flag(config, name, usual);
}

/** The first Precompiled step of tokenizer.json's normalizer, which is all that the classes of Unigram keep of it. */
export function precompiledOf(_: JsonObject, tokenizerJson: JsonObject | undefined): unknown {
  const normalizer = tokenizerJson?.normalizer;
  const steps = isObject(normalizer) && Array.isArray(normalizer.normalizers) ? normalizer.normalizers : [normalizer];
  return steps.find((step) => isObject(step) && step.type === "Precompiled") ?? null;
}
