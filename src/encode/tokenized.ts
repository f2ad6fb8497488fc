/** Texts as tokens, apart from encoding them, so that callers can count, truncate and batch them. */
import { describe } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { TokenizeOptions } from "./options.ts";
import type { Route } from "./route.ts";
import type { TokenizedText } from "./tokenized-text.ts";

/** The `maxLength` with which nothing is cut off. */
const uncut = Number.MAX_SAFE_INTEGER;

export function tokenizeText(
  route: Route,
  text: string,
  options: Pick<TokenizeOptions, "task" | "truncate" | "truncationSide"> & { prompt: string; limit: number },
): TokenizedText {
  const { tokenizer } = route;
  const { prompt, limit, truncate = true, truncationSide, task } = options;
  const isWhole = !truncate || truncationSide !== undefined;
  const whole = tokenizer.encode(prompt + text, isWhole ? uncut : limit);
  const isCut = truncate && whole.length > limit;
  const ids = isCut ? cut(tokenizer, whole, limit, truncationSide) : whole;
  // What is cut off on the left is the prompt's first.
  const lost = isCut && truncationSide === "left" ? whole.length - limit : 0;
  const promptLength = Math.max(0, route.promptLength(prompt) - lost);
  return { ids, ...(promptLength > 0 && { promptLength }), ...(task !== undefined && { task }) };
}

function cut(tokenizer: Tokenizer, whole: Int32Array, limit: number, side: "left" | "right" | undefined): Int32Array {
  const around = tokenizer.encode("", uncut);
  const prefix = prefixLength(around, tokenizer.encode("a", uncut));
  const suffix = around.length - prefix;
  const content = whole.subarray(prefix, whole.length - suffix);
  const room = Math.max(0, limit - around.length);
  const kept = side === "left" ? content.subarray(content.length - room) : content.subarray(0, room);
  return Int32Array.from([...around.subarray(0, prefix), ...kept, ...around.subarray(prefix)]);
}

/**
 * The number of special tokens before a text: those that all texts begin with.
 *
 * @param around the tokens of an empty text
 * @param text those of another one
 */
export function prefixLength(around: Int32Array, text: Int32Array): number {
  let length = 0;
  while (length < around.length && around[length] === text[length]) length++;
  return length;
}

/** Texts that can share a batch. */
export interface TokenizedGroup {
  readonly task: string | undefined;
  readonly promptLength: number;
  readonly items: { readonly ids: Int32Array; readonly index: number }[];
}

/**
 * Groups texts by task and prompt length.
 *
 * @throws HpdError `invalid_argument` unless it is an array of tokenized texts
 */
export function groupsOf(texts: readonly TokenizedText[]): TokenizedGroup[] {
  if (!Array.isArray(texts)) {
    throw new HpdError("invalid_argument", `texts should be an array of what tokenize gives, got ${describe(texts)}`);
  }
  const groups = new Map<string, TokenizedGroup>();
  for (const [index, text] of (texts as readonly TokenizedText[]).entries()) {
    if (!(text?.ids instanceof Int32Array)) throw notTokenized(`text ${index}`, text);
    const { ids, promptLength = 0, task } = text;
    const key = JSON.stringify([task, promptLength]);
    const group: TokenizedGroup = groups.get(key) ?? { task, promptLength, items: [] };
    group.items.push({ ids, index });
    groups.set(key, group);
  }
  return [...groups.values()];
}

function notTokenized(what: string, value: unknown): HpdError {
  return new HpdError("invalid_argument", `${what} should be what tokenize gives, got ${describe(value)}`);
}

/** @throws HpdError `invalid_argument` for more tokens than the model takes, or one that it does not have */
export function requireIds(ids: Int32Array, index: number, route: Route, limit: number): void {
  if (ids.length > limit) {
    throw new HpdError("invalid_argument", `text ${index} should have at most ${limit} tokens, got ${ids.length}`);
  }
  const { vocabularySize } = route;
  const wrong = ids.find((id) => id < 0 || id >= vocabularySize);
  if (wrong === undefined) return;
  throw new HpdError(
    "invalid_argument",
    `text ${index} should have token ids from 0 to ${vocabularySize - 1}, got ${wrong}`,
  );
}
