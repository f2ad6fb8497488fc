/**
 * The parts of a model's tokenizer in one form, the sections of a tokenizer.json: built as by the tokenizer class of
 * transformers 5.23, or used unchanged.
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
  /** The padding side in Python; here texts are padded on the right. */
  readonly paddingSide: "left" | "right";
  /** Whether the network takes the token types of a pair. */
  readonly tokenTypes: boolean;
  readonly special: SpecialTokens;
}

/** The content of two of the files. */
export interface TokenizerConfigs {
  readonly tokenizerConfig: JsonObject;
  readonly tokenizerJson: JsonObject | undefined;
}

/**
 * Reads the parts.
 *
 * @throws HpdError where files are missing, damaged, contradict each other or ask for what is not supported.
 */
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
  return recipe === undefined
    ? givenParts(tokenizerJson, settings, { model, special })
    : classParts({ recipe, className, model, special }, settings, { tokenizerConfig, tokenizerJson });
}

/** The parts of a tokenizer.json that is used unchanged. */
function givenParts(
  tokenizerJson: JsonObject | undefined,
  settings: TokenizerSettings,
  { model, special }: Pick<TokenizerParts, "model" | "special">,
): TokenizerParts {
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

interface ClassTokenizer {
  readonly recipe: ClassRecipe;
  readonly className: string;
  readonly model: Model;
  readonly special: SpecialTokens;
}

/** The parts that a class of transformers builds. */
function classParts(
  { recipe, className, model, special }: ClassTokenizer,
  settings: TokenizerSettings,
  { tokenizerConfig, tokenizerJson }: TokenizerConfigs,
): TokenizerParts {
  const { vocabulary } = model;
  const requireToken = (name: string): void => {
    const content = special.named.get(name);
    // transformers gives a missing special token a new id, for which no model has an embedding.
    if (content !== undefined && (vocabulary.has(content) || special.declared.has(content))) return;
    throw new HpdError(
      "invalid_model",
      `the ${name} of ${className} should be in the vocabulary of ${vocabulary.size} tokens, got ${describe(content)}: ` +
        "correct it in tokenizer_config.json or special_tokens_map.json",
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

/** The special tokens around a text and a pair of texts. */
type Around = Pick<TokenizerParts, "surroundings" | "pairTemplate">;

/** The special tokens of the class, whatever tokenizer.json has. */
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

/** The special tokens of tokenizer.json. */
function givenAround(tokenizerJson: JsonObject | undefined, { tokenTypes }: TokenizerSettings): Around {
  const section = tokenizerJson?.post_processor;
  return {
    surroundings: readPostProcessor(section, tokenTypes ?? false),
    pairTemplate: () => readPairTemplate(section),
  };
}
