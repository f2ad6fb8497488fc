/**
 * What a model's files say of its tokenizer, brought to one form: the sections of a tokenizer.json, made by the
 * tokenizer class of transformers 5.23 or taken as they stand.
 */

import { describe, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { ClassRecipe } from "./class-recipe.ts";
import { classRecipes } from "./class-recipes.ts";
import { type PairTemplate, readPairTemplate } from "./pair-template.ts";
import { readPostProcessor, type Surroundings } from "./post-processor.ts";
import { type Model, readModel } from "./read-model.ts";
import { resolveSpecialTokens, type SpecialTokens } from "./special-tokens.ts";
import type { TokenizerClass } from "./tokenizer-class.ts";
import { readJsonObject, type TokenizerFiles } from "./tokenizer-files.ts";
import type { TokenizerSettings } from "./tokenizer-settings.ts";

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
  const recipe = className === "TokenizersBackend" ? undefined : classRecipes[className];
  const model = readModel(files, tokenizerJson, recipe);
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
      plainSpecialTokens: recipe?.plainSpecialTokens ?? false,
      moreTokens: (listed) => recipe?.moreTokens?.(listed, tokenizerConfig) ?? [],
    },
    vocabulary,
  );
  if (recipe === undefined) {
    return {
      normalizer: tokenizerJson?.normalizer,
      preTokenizer: tokenizerJson?.pre_tokenizer,
      model,
      ...givenAround(tokenizerJson, settings),
      paddingSide: settings.paddingSide ?? "right",
      tokenTypes: settings.tokenTypes ?? false,
      special,
    };
  }
  const requireToken = (name: string): void => {
    const content = special.named.get(name);
    // transformers gives a missing special token a new id, for which no model has an embedding.
    if (content !== undefined && (vocabulary.has(content) || special.declared.has(content))) return;
    throw new HpdError(
      "invalid_model",
      `the ${name} ${describe(content)} of ${className} is not in the vocabulary of ${vocabulary.size} tokens. ` +
        "Expected tokenizer_config.json or special_tokens_map.json to name one that is.",
    );
  };
  const section = tokenizerJson?.post_processor ?? undefined;
  const isGiven = recipe.around === undefined || (recipe.aroundByDefault === true && section !== undefined);
  const around = isGiven ? givenAround(tokenizerJson, settings) : classAround(recipe, special, requireToken);
  requireToken("pad_token");
  // Python spells a name that is null "None", and takes a token of that spelling.
  const unknown = special.named.get("unk_token") ?? "None";
  const unknownId = recipe.unknownId && { unk_id: recipe.unknownId(model.pieces, unknown, tokenizerConfig) };
  return {
    normalizer: recipe.normalizer(tokenizerConfig, tokenizerJson),
    preTokenizer: recipe.preTokenizer(tokenizerConfig),
    model: { ...model, settings: { unk_token: unknown, ...unknownId, ...recipe.settings } },
    ...around,
    paddingSide: settings.paddingSide ?? recipe.paddingSide ?? "right",
    tokenTypes: settings.tokenTypes ?? recipe.tokenTypes ?? false,
    special,
  };
}

/** What goes around a text and a pair of them. */
type Around = Pick<TokenizerParts, "surroundings" | "pairTemplate">;

/** What the class says, whatever tokenizer.json does. */
function classAround(
  { around, unnamedIds, unnamedId, pair }: ClassRecipe,
  special: SpecialTokens,
  requireToken: (name: string) => void,
): Around {
  const [first, last] = around!;
  const areUnnamed = first !== undefined && !special.named.has(first) && !special.named.has(last);
  const unnamed = areUnnamed && unnamedId !== undefined ? [unnamedId, unnamedId] : (unnamedIds ?? []);
  const idOf = (name: string, place: 0 | 1): number => {
    const content = special.named.get(name);
    const id = unnamed[place];
    if (content === undefined && id !== undefined) return id;
    requireToken(name);
    return special.idOf(content!)!;
  };
  const before = first === undefined ? undefined : idOf(first, 0);
  const after = idOf(last, 1);
  return {
    surroundings: { prefix: before === undefined ? [] : [before], suffix: [after] },
    pairTemplate: () => pair!(before ?? after, after),
  };
}

/** What tokenizer.json says. */
function givenAround(tokenizerJson: JsonObject | undefined, { tokenTypes }: TokenizerSettings): Around {
  const section = tokenizerJson?.post_processor;
  return {
    surroundings: readPostProcessor(section, tokenTypes ?? false),
    pairTemplate: () => readPairTemplate(section),
  };
}
