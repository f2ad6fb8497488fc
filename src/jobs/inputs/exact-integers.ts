/** Integers of JSON beyond 2^53, such as identifiers of 64 bits, which `JSON.parse` rounds without a word. */
import { isObject } from "../../common/json.ts";
import type { Row } from "../../texts/source.ts";

/** The key of the object that stands for an integer in JSON. */
const mark = "\u0000integer";

/** Makes bigints, as those of Parquet are, of the integers of a JSON row that `JSON.parse` has rounded. */
export function withExactIntegers(row: Row): Row {
  const { raw, values } = row;
  if (raw === undefined || !/\d{16}/.test(raw) || !hasRounded(values)) return row;
  const marked = raw.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g, (token) =>
    /^-?\d{16,}$/.test(token) ? JSON.stringify({ [mark]: token }) : token,
  );
  return { ...row, values: JSON.parse(marked, (_, value) => integerOf(value) ?? value) };
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
