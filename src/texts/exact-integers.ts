/** Integers of JSON beyond 2^53, such as identifiers of 64 bits, which `JSON.parse` rounds without a word. */
import { isObject } from "../common/json.ts";

/** The key of the object that stands for an integer in JSON. */
const mark = "\u0000integer";

/**
 * The value of a JSON text with bigints, as those of Parquet are, for the integers that `JSON.parse` has rounded.
 *
 * @param value what `JSON.parse` made of it
 */
export function withExactIntegers<T>(value: T, text: string): T {
  if (!/\d{16}/.test(text) || !hasRounded(value)) return value;
  const marked = text.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g, (token) =>
    /^-?\d{16,}$/.test(token) ? JSON.stringify({ [mark]: token }) : token,
  );
  return JSON.parse(marked, (_, part) => integerOf(part) ?? part);
}

/** The JSON of a value that may hold bigints, with all their digits. */
export function jsonOf(value: unknown): string {
  const json = JSON.stringify(value, (_, part) => (typeof part === "bigint" ? { [mark]: String(part) } : part));
  return json.replaceAll(/\{"\\u0000integer":"(-?\d+)"\}/g, "$1");
}

function hasRounded(value: unknown): boolean {
  if (typeof value === "number") return Number.isInteger(value) && !Number.isSafeInteger(value);
  if (Array.isArray(value)) return value.some(hasRounded);
  return isObject(value) && Object.values(value).some(hasRounded);
}

function integerOf(value: unknown): number | bigint | undefined {
  const digits = isObject(value) ? value[mark] : undefined;
  if (typeof digits !== "string" || !/^-?\d+$/.test(digits)) return undefined;
  return Number.isSafeInteger(Number(digits)) ? Number(digits) : BigInt(digits);
}
