/**
 * PostgreSQL's texts and jsonb hold every character but U+0000. It is written as U+0001 U+0001, and U+0001 itself as
 * U+0001 U+0002: what was written comes back, equal texts stay equal, different ones different, and the order by code
 * points stays as it was. A lone surrogate, which no encoding of Unicode can hold, counts as U+FFFD, as everywhere here.
 */
import { wellFormed } from "../well-formed.ts";

export function toStorable(text: string): string {
  return wellFormed(text).replaceAll("\u0001", "\u0001\u0002").replaceAll("\0", "\u0001\u0001");
}

export function fromStorable(text: string): string {
  // In this order: the first of a row of U+0001 is always the first of a pair.
  return text.replaceAll("\u0001\u0001", "\0").replaceAll("\u0001\u0002", "\u0001");
}

/** A value that JSON can hold, with every text in it, keys too, changed by `change`. */
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [change(key), mapTexts(item, change)]));
}
