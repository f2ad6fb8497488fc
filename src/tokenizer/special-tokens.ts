/**
 * Which tokens are special and which are added, with their ids: what transformers 5.23 makes of
 * tokenizer_config.json, special_tokens_map.json, added_tokens.json and the `added_tokens` of tokenizer.json
 * (`PreTrainedTokenizerBase._from_pretrained`, `TokenizersBackend.__init__`).
 */

import { describe, isObject, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { AddedToken } from "./added-tokens.ts";

type TokenSpelling = Omit<AddedToken, "id">;

export interface TokenSources {
  readonly tokenizerJson: JsonObject | undefined;
  readonly tokenizerConfig: JsonObject;
  readonly specialTokensMap: JsonObject;
  readonly addedTokensJson: JsonObject;
  /** `cls_token` and so on, where no file names them. */
  readonly defaults: Readonly<Record<string, string>>;
  /** The names whose token takes the white space before it along unless a file says otherwise. */
  readonly leftStripped: ReadonlySet<string>;
}

export interface SpecialTokens {
  /** By name: `cls_token`, `pad_token`, ... */
  readonly named: ReadonlyMap<string, string>;
  readonly added: readonly AddedToken[];
  /** Ids of the named and extra special tokens: transformers' `all_special_ids`. */
  readonly specialIds: ReadonlySet<number>;
  readonly idOf: (content: string) => number | undefined;
  /** What a file lists as an added token, so that its absence from the vocabulary is meant. */
  readonly declared: ReadonlySet<string>;
}

const standardNames = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/** @throws HpdError `corrupt_file` where a token is neither a string nor an object with `content`. */
export function resolveSpecialTokens(sources: TokenSources, vocabulary: ReadonlyMap<string, number>): SpecialTokens {
  const { tokenizerConfig, tokenizerJson } = sources;
  const declared = new Map<number, TokenSpelling>();
  const config: Record<string, unknown> = { ...tokenizerConfig };
  if (isObject(tokenizerConfig.added_tokens_decoder)) {
    for (const [id, token] of Object.entries(tokenizerConfig.added_tokens_decoder)) {
      declared.set(tokenId(Number(id)), spelling(token, false));
    }
  } else {
    Object.assign(config, sources.specialTokensMap);
    const special = new Set(Object.values(config).map((value) => (isObject(value) ? value.content : value)));
    for (const [content, id] of Object.entries(sources.addedTokensJson)) {
      declared.set(tokenId(id), spelling({ content, special: special.has(content) }, false));
    }
    for (const token of Array.isArray(tokenizerJson?.added_tokens) ? tokenizerJson.added_tokens : []) {
      declared.set(tokenId(isObject(token) ? token.id : token), spelling(token, false));
    }
  }

  const named = new Map<string, string>();
  const wanted: TokenSpelling[] = [...declared].sort(([a], [b]) => a - b).map(([, token]) => token);
  const contents = new Set(wanted.map(({ content }) => content));
  const known = new Set(contents);
  const want = (value: unknown, lstrip: boolean): string => {
    const token = spelling(value, true, lstrip);
    if (!known.has(token.content)) {
      known.add(token.content);
      wanted.push(token);
    }
    return token.content;
  };
  const otherNames = Object.keys(config).filter((name) => name.endsWith("_token") && !standardNames.includes(name));
  for (const name of [...standardNames, ...otherNames]) {
    const value = config[name] === undefined ? sources.defaults[name] : config[name];
    if (typeof value === "string" || isObject(value)) named.set(name, want(value, sources.leftStripped.has(name)));
  }
  const extra = [config.extra_special_tokens, config.additional_special_tokens].find(
    (list) => Array.isArray(list) && list.length > 0,
  );
  const extras = ((extra ?? []) as unknown[]).map((token) => want(token, false));

  const { added, idOf } = assignIds(wanted, vocabulary);
  const specialIds = new Set([...named.values(), ...extras].map((content) => idOf(content)!));
  return { named, added, specialIds, idOf, declared: contents };
}

/** A token keeps its id of the vocabulary; a new one gets the next id, as `AddedVocabulary::add_tokens` counts. */
function assignIds(tokens: readonly TokenSpelling[], vocabulary: ReadonlyMap<string, number>) {
  const added = new Map<string, AddedToken>();
  let highest = -1;
  for (const token of tokens) {
    if (token.content === "") continue;
    const next = highest >= vocabulary.size ? highest + 1 : vocabulary.size;
    const id = added.get(token.content)?.id ?? vocabulary.get(token.content) ?? next;
    highest = Math.max(highest, id);
    added.set(token.content, { ...token, id });
  }
  return {
    added: [...added.values()],
    idOf: (content: string) => added.get(content)?.id ?? vocabulary.get(content),
  };
}

function spelling(token: unknown, special: boolean, lstrip = false): TokenSpelling {
  const flags: JsonObject = typeof token === "string" ? { content: token, lstrip } : isObject(token) ? token : {};
  if (typeof flags.content !== "string") {
    throw new HpdError("corrupt_file", `a token should be a string or an object with content, got ${describe(token)}`);
  }
  return {
    content: flags.content,
    singleWord: flags.single_word === true,
    lstrip: flags.lstrip === true,
    rstrip: flags.rstrip === true,
    normalized: typeof flags.normalized === "boolean" ? flags.normalized : !(special || flags.special === true),
  };
}

/** @throws HpdError `corrupt_file` where an id is not an integer that fits 31 bits. */
export function tokenId(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 31) return value;
  throw new HpdError("corrupt_file", `a token id should be an integer from 0 to 2^31 - 1, got ${describe(value)}`);
}
