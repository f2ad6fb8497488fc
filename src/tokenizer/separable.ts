/**
 * Whether a text may be encoded up to a space, one that stands after a character that is none: whether the ids of that
 * beginning are the first ids of the whole text, so that a long text needs not be looked at as a whole.
 */

import { isObject, type JsonObject } from "../common/json.ts";
import { hasWhiteSpace } from "./character-classes.ts";
import { sectionSteps } from "./sections.ts";

/** Regular expressions that match no row of characters of which one is no white space. */
const withinSpaces = new Set([" {2,}", "\\s{2,}|[\\n\\r\\t]"]);

/** @param normalizer section of tokenizer.json, as `preTokenizer` */
export function isSeparable(normalizer: unknown, preTokenizer: unknown): boolean {
  const steps = sectionSteps(preTokenizer, "pre_tokenizer");
  const at = steps.findIndex(splitsAtSpaces);
  // Within words that are apart, no later step sees the next one.
  if (at < 0 || !steps.slice(0, at).every(keepsSpaces)) return false;
  const marks = steps.flatMap(({ type, replacement = "▁" }) => (type === "Metaspace" ? [replacement] : []));
  return sectionSteps(normalizer, "normalizer").every((step) => normalizesApart(step, marks));
}

function splitsAtSpaces({ type, use_regex: byPattern, split }: JsonObject): boolean {
  if (type === "ByteLevel") return byPattern !== false;
  if (type === "Metaspace") return split !== false;
  return type === "WhitespaceSplit" || type === "BertPreTokenizer";
}

/** Whether a space stays one, and the words before it do not depend on it. */
function keepsSpaces({ type }: JsonObject): boolean {
  return type === "Digits" || type === "Punctuation";
}

/** Whether no replacement reaches over such a space, or leaves none in its place. */
function normalizesApart({ type, pattern, content }: JsonObject, marks: readonly unknown[]): boolean {
  if (type !== "Replace" || !isObject(pattern)) return true;
  if (typeof pattern.String === "string") return !hasWhiteSpace(pattern.String);
  return withinSpaces.has(pattern.Regex as string) && (content === " " || marks.includes(content));
}
