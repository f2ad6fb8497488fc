/** The value of a setting, checked: a flag's text or a value of a recipe. */
import { isObject } from "../../common/json.ts";
import type { Setting } from "./table.ts";

/**
 * The value that was given.
 *
 * @param problem makes the error that is thrown, from what was expected
 */
export function checkedValue(setting: Setting, value: unknown, problem: (expected: string) => Error): unknown {
  const { choices, hint } = setting;
  switch (setting.kind) {
    case "switch":
      if (typeof value === "boolean") return value;
      throw problem("true or false");
    case "text":
      if (typeof value !== "string") throw problem("a text");
      if (choices === undefined || choices.includes(value)) return value;
      throw problem(`one of ${choices.join(", ")}${hint?.(value) ?? ""}`);
    case "texts":
      return listOf(value).map((item) => {
        if (typeof item === "string" || typeof item === "number") return String(item);
        throw problem("a text or a list of them");
      });
    case "named":
      return namedOf(value, problem);
    case "list":
      throw problem("in a recipe");
    case "teachers":
      return listOf(value).map((item) => {
        if (typeof item === "string" || isObject(item)) return item;
        throw problem('names, or objects as in "model: NAME"');
      });
    case "number":
    case "integer":
      return checkedNumber(setting, value, problem);
    case "integers":
      return (typeof value === "string" ? value.split(",") : listOf(value)).map((item) => {
        const number = numberOf(item);
        if (number !== undefined && Number.isInteger(number) && setting.isValid?.(number) !== false) return number;
        throw problem(setting.expected ?? "integers as in 1,3,5");
      });
    case "weights": {
      const entries = typeof value === "string" ? value.split(",").map((part) => part.split("=")) : undefined;
      if (entries === undefined && !isObject(value)) throw problem("a name, or names with weights as in mse=1");
      return Object.fromEntries(
        (entries ?? Object.entries(value as object)).map(([name, weight = 1]) => {
          const number = numberOf(weight);
          if (number === undefined) throw problem("names with weights as in mse=1,similarity=0.5");
          return [String(name).trim(), number];
        }),
      );
    }
  }
}

function checkedNumber(
  { kind, isValid, expected }: Setting,
  value: unknown,
  problem: (expected: string) => Error,
): number {
  const number = numberOf(value);
  if (number === undefined) throw problem(expected ?? "a number");
  if (kind === "integer" && !Number.isSafeInteger(number)) throw problem(expected ?? "an integer");
  if (isValid === undefined || isValid(number)) return number;
  throw problem(expected ?? "in range");
}

/** Texts by names of columns, or one text without a name for all. */
function namedOf(value: unknown, problem: (expected: string) => Error): string | Record<string, string> {
  const expected = "a text for all columns, or texts by names of columns, each once";
  if (typeof value === "string") return value;
  if (isObject(value) && Object.values(value).every((text) => typeof text === "string")) {
    return value as Record<string, string>;
  }
  if (!Array.isArray(value) || !value.every((text) => typeof text === "string")) throw problem(expected);
  const pairs = (value as string[]).map((text) => [text.slice(0, Math.max(0, text.indexOf("="))), text] as const);
  if (pairs.length === 1 && pairs[0]![0] === "") return pairs[0]![1];
  const names = new Set(pairs.map(([name]) => name));
  if (names.has("") || names.size < pairs.length) throw problem(expected);
  return Object.fromEntries(pairs.map(([name, text]) => [name, text.slice(name.length + 1)]));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && !Number.isNaN(number) ? number : undefined;
}
