/**
 * Texts for PostgreSQL, which can't store U+0000. It is written as U+0001 U+0001, and U+0001 as U+0001 U+0002, which is
 * reversible and preserves the order by code points. Lone surrogates, which UTF-8 can't encode, become U+FFFD.
 */
import { wellFormed } from "../well-formed.ts";

export function toStorable(text: string): string {
  return wellFormed(text).replaceAll("\u0001", "\u0001\u0002").replaceAll("\0", "\u0001\u0001");
}

export function fromStorable(text: string): string {
  // In this order, since the first U+0001 of several is always the first of a pair.
  return text.replaceAll("\u0001\u0001", "\0").replaceAll("\u0001\u0002", "\u0001");
}

/** A JSON value with `change` applied to all texts in it, including keys. */
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [change(key), mapTexts(item, change)]));
}
