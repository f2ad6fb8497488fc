/** Checks of the callers' arguments, before any work. */
import { describe } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { TextPair, TokenizedPair } from "./options.ts";

/** Whether this is one pair and not a list of pairs. @throws HpdError `invalid_argument` where it is neither */
export function isPair(pairs: unknown): pairs is TextPair {
  if (Array.isArray(pairs)) return typeof pairs[0] === "string";
  throw new HpdError("invalid_argument", `pairs should be an array of pairs of texts, got ${describe(pairs)}`);
}

/** @throws HpdError `invalid_argument` naming the first that is no pair of texts */
export function requirePairs(pairs: readonly unknown[]): asserts pairs is readonly TextPair[] {
  for (let index = 0; index < pairs.length; index++) {
    const pair = pairs[index];
    if (Array.isArray(pair) && pair.length === 2) {
      requireText(pair[0], `the first text of pair ${index}`);
      requireText(pair[1], `the second text of pair ${index}`);
      continue;
    }
    throw new HpdError("invalid_argument", `pair ${index} should be an array of two texts, got ${describe(pair)}`);
  }
}

/** @throws HpdError `invalid_argument` naming the first that is not tokenized, or too long */
export function requireTokenizedPairs(pairs: unknown, maxLength: number): asserts pairs is readonly TokenizedPair[] {
  for (const [index, pair] of (Array.isArray(pairs) ? pairs : [pairs]).entries()) {
    if (!(pair?.ids instanceof Int32Array)) {
      throw new HpdError("invalid_argument", `pair ${index} should be what tokenize gives, got ${describe(pair)}`);
    }
    if (pair.ids.length <= maxLength) continue;
    throw new HpdError(
      "invalid_argument",
      `pair ${index} should have at most ${maxLength} tokens, got ${pair.ids.length}`,
    );
  }
}

/** @throws HpdError `invalid_argument` */
export function requireText(text: unknown, what: string): asserts text is string {
  if (typeof text === "string") return;
  throw new HpdError("invalid_argument", `${what} should be a string, got ${describe(text)}`);
}
