/**
 * The special and the added tokens with their ids, as transformers 5.23 resolves them from
 * tokenizer_config.json, special_tokens_map.json, added_tokens.json and the `added_tokens` of tokenizer.json
 * (`PreTrainedTokenizerBase._from_pretrained` and `__init__`, `TokenizersBackend.__init__`).
 */

import { describe, isObject, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { AddedToken } from "./added-token-splitter.ts";
import { tokenId } from "./token-id.ts";
import { assignIds, spelling, type TokenSpelling } from "./token-spelling.ts";
import { standardTokenNames } from "./tokenizer-keys.ts";

export interface TokenSources {
  readonly tokenizerJson: JsonObject | undefined;
  readonly tokenizerConfig: JsonObject;
  readonly specialTokensMap: JsonObject;
  readonly addedTokensJson: JsonObject;
  /** Whether tokenizer.json is used unchanged, with its added tokens. */
  readonly asItStands: boolean;
  /** `cls_token` and so on, where no file names them. */
  readonly defaults: Readonly<Record<string, string>>;
  /** The names whose token takes the white space before it along unless a file says otherwise. */
  readonly leftStripped: ReadonlySet<string>;
  /** Whether the named and the further special tokens lose their flags, as those of Qwen2Tokenizer do. */
  readonly plainSpecialTokens: boolean;
  /** Further special tokens beside the contents of those that a file lists; undefined where none does. */
  readonly moreTokens: (listed: readonly string[] | undefined) => readonly string[];
}

export interface SpecialTokens {
  /** The tokens by name: `cls_token`, `pad_token`, ... A name that a file sets to null is not there. */
  readonly named: ReadonlyMap<string, string>;
  readonly added: readonly AddedToken[];
  /** Ids of the named and extra special tokens: transformers' `all_special_ids`. */
  readonly specialIds: ReadonlySet<number>;
  readonly idOf: (content: string) => number | undefined;
  /** Tokens that a file lists as added, whose absence from the vocabulary is intended. */
  readonly declared: ReadonlySet<string>;
}

/** @throws HpdError `corrupt_file` where a token is neither a string nor an object with `content`. */
export function resolveSpecialTokens(sources: TokenSources, vocabulary: ReadonlyMap<string, number>): SpecialTokens {
  const { config, specific } = readTokenSettings(sources.tokenizerConfig);
  const declared = declaredTokens(sources, config, specific);
  const byContent = new Map([...declared.values()].map((token) => [token.content, token]));

  const named = new Map<string, TokenSpelling>();
  const others = new Map(specificTokens(config, specific));
  for (const name of standardTokenNames) {
    const value = config[name] === undefined ? sources.defaults[name] : config[name];
    const isNamed = value !== null && value !== undefined;
    const token = isNamed ? spelling(value, sources.leftStripped.has(name)) : undefined;
    // A model's own names may be standard ones too, and then keep their place among these.
    if (others.has(name)) named.set(name, spelling(others.get(name)));
    else if (token !== undefined) named.set(name, byContent.get(token.content) ?? token);
  }
  for (const [name, value] of others) named.set(name, spelling(value));
  const extras = extraTokens(config, sources);

  // In the order in which transformers adds them: a later one of the same content changes the flags of the first.
  const given = sources.asItStands ? listedTokens(sources.tokenizerJson) : [];
  const wanted = [...declared].sort(([a], [b]) => a - b).map(([, token]) => token);
  const known = new Set([...given, ...wanted].map(({ content }) => content));
  const spelled = new Set<string>();
  for (const token of [...named.values(), ...extras]) {
    const { content, special, singleWord, lstrip, rstrip, normalized } = token;
    const key = `${[special, singleWord, lstrip, rstrip, normalized]} ${content}`;
    if (known.has(content) || spelled.has(key)) continue;
    spelled.add(key);
    wanted.push(token);
  }
  const namedContents = new Set([...named.values()].map(({ content }) => content));
  const marked = wanted.map((token) => (namedContents.has(token.content) ? { ...token, special: true } : token));

  const plain = sources.plainSpecialTokens
    ? [...named.values(), ...extras].map(({ content }) => spelling(content))
    : [];

  const { added, idOf } = assignIds([given, marked, plain], vocabulary);
  return {
    named: new Map([...named].map(([name, { content }]) => [name, content])),
    added,
    specialIds: new Set([...named.values(), ...extras].flatMap(({ content }) => idOf(content) ?? [])),
    idOf,
    declared: new Set(byContent.keys()),
  };
}

interface TokenSettings {
  /** The settings without the tokens in `specific`. */
  readonly config: Record<string, unknown>;
  /** Tokens named by the model alone, such as `image_token`. */
  readonly specific: Map<string, unknown>;
}

/** The tokens of tokenizer_config.json, before those of special_tokens_map.json. */
function readTokenSettings(tokenizerConfig: JsonObject): TokenSettings {
  const specific = new Map<string, unknown>();
  const others: [string, unknown][] = [];
  for (const [name, value] of Object.entries(tokenizerConfig)) {
    if (isSpecificName(name) && typeof value === "string") specific.set(name, value);
    else others.push([name, value]);
  }
  const config: Record<string, unknown> = Object.fromEntries(others);
  if (config.additional_special_tokens !== undefined && isEmpty(config.extra_special_tokens)) {
    config.extra_special_tokens = config.additional_special_tokens;
    delete config.additional_special_tokens;
  }
  if (isObject(config.extra_special_tokens)) {
    for (const [name, value] of Object.entries(config.extra_special_tokens)) specific.set(name, value);
    delete config.extra_special_tokens;
  }
  // What was named so far replaces what the file lists under transformers' own name for it.
  if (specific.size === 0 && isObject(config.model_specific_special_tokens)) {
    for (const [name, value] of Object.entries(config.model_specific_special_tokens)) specific.set(name, value);
  }
  return { config, specific };
}

/** The tokens that files list with their ids. Without `added_tokens_decoder`, special_tokens_map.json counts too. */
function declaredTokens(
  { tokenizerJson, specialTokensMap, addedTokensJson }: TokenSources,
  config: Record<string, unknown>,
  specific: Map<string, unknown>,
): Map<number, TokenSpelling> {
  const declared = new Map<number, TokenSpelling>();
  if (isObject(config.added_tokens_decoder)) {
    for (const [id, token] of Object.entries(config.added_tokens_decoder)) {
      declared.set(tokenId(Number(id)), spelling(token));
    }
    return declared;
  }
  // An object of tokenizer_config.json is not taken for a token yet, so that its content counts for nothing here.
  const tokens = new Set<unknown>();
  const asToken = (value: JsonObject): JsonObject => {
    const token = { ...value, __type: "AddedToken", special: true };
    tokens.add(token);
    return token;
  };
  for (const [name, value] of Object.entries(specialTokensMap)) {
    if (name === "extra_special_tokens" && Array.isArray(value)) {
      const existing = listOf(config[name]);
      config[name] = [...existing, ...value.map((token) => (isObject(token) ? asToken(token) : token))];
    } else {
      config[name] = isObject(value) && name !== "extra_special_tokens" ? asToken(value) : value;
    }
  }
  if (isObject(config.extra_special_tokens)) {
    for (const [name, value] of Object.entries(config.extra_special_tokens)) specific.set(name, value);
    delete config.extra_special_tokens;
  }
  const named = [...standardTokenNames.map((name) => config[name]), ...listOf(config.extra_special_tokens)];
  const special = new Set(named.map((value) => (isObject(value) && tokens.has(value) ? value.content : value)));
  for (const [content, id] of Object.entries(addedTokensJson)) {
    const isSpecial = special.has(content);
    const other = declared.get(tokenId(id));
    if (other !== undefined) {
      throw new HpdError(
        "invalid_model",
        `added_tokens.json: ${describe(other.content)} and ${describe(content)} have the same id ${describe(id)}`,
      );
    }
    declared.set(tokenId(id), spelling({ content, special: isSpecial, normalized: !isSpecial }));
  }
  for (const token of listOf(tokenizerJson?.added_tokens)) {
    declared.set(tokenId(isObject(token) ? token.id : token), spelling(token));
  }
  return declared;
}

function listedTokens(tokenizerJson: JsonObject | undefined): TokenSpelling[] {
  return listOf(tokenizerJson?.added_tokens).map((token) => spelling(token));
}

/** Tokens under names of the model's own; such an object counts only where it says that it is an AddedToken. */
function specificTokens(config: Record<string, unknown>, specific: Map<string, unknown>): [string, unknown][] {
  const late = Object.entries(config).filter(
    ([name, value]) => isSpecificName(name) && (typeof value === "string" || isAddedToken(value)),
  );
  return [...new Map([...late, ...specific])];
}

function extraTokens(config: Record<string, unknown>, { moreTokens }: TokenSources): TokenSpelling[] {
  const { extra_special_tokens: extra, additional_special_tokens: additional } = config;
  const name = extra === undefined ? "additional_special_tokens" : "extra_special_tokens";
  const value = (extra === undefined ? additional : extra) ?? [];
  if (!Array.isArray(value)) {
    throw new HpdError("corrupt_file", `${name} should be a list of tokens or an object, got ${describe(value)}`);
  }
  const tokens = value.map((token) => spelling(token));
  // What the file lists under the newer name is kept from the class.
  if (extra !== undefined) return tokens;
  const more = moreTokens((additional ?? undefined) === undefined ? undefined : tokens.map(({ content }) => content));
  return [...tokens, ...more.map((content) => spelling(content))];
}

function isSpecificName(name: string): boolean {
  return name.endsWith("_token") && !standardTokenNames.some((standard) => standard === name);
}

function isAddedToken(value: unknown): boolean {
  return isObject(value) && value.__type === "AddedToken";
}

/** Whether a value of `extra_special_tokens` is false in Python. */
function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) ? Object.keys(value).length === 0 : !value;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
