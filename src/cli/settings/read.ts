/**
 * Settings out of a recipe file (YAML, or JSON, which is YAML too) and out of flags, checked against the table. Flags
 * win. Paths are relative to the current folder in both.
 */

import { readFile } from "node:fs/promises";
import { cannotRead } from "../../common/file-errors.ts";
import { describe, isObject } from "../../common/json.ts";
import { nearest } from "../../common/nearest.ts";
import { HpdError } from "../../errors.ts";
import { type Flags, UsageError } from "../command.ts";
import type { Setting, SettingTable, ValuesOf } from "./table.ts";

/** @throws UsageError, HpdError naming what is wrong and where */
export async function readSettings<Table extends SettingTable>(
  flags: Flags,
  settings: Table,
): Promise<ValuesOf<Table>> {
  const recipe = typeof flags.recipe === "string" ? await readRecipe(flags.recipe, settings) : {};
  const given = Object.entries(flags)
    .filter(([name, value]) => Object.hasOwn(settings, name) && value !== undefined)
    .map(([name, value]) => {
      const problem = (expected: string) => new UsageError(`--${name} should be ${expected}, got ${describe(value)}`);
      return [name, checked(settings[name]!, value, problem)];
    });
  // The table says of what type each is.
  return { ...recipe, ...Object.fromEntries(given) } as ValuesOf<Table>;
}

async function readRecipe(path: string, settings: SettingTable): Promise<Record<string, unknown>> {
  const content = await parse(path);
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new HpdError("invalid_argument", `${path} should map settings to values, as in "dim: 128"`);
  }
  return valuesOf(content, settings, path);
}

/** @param path of the file and of the place in it, for messages */
function valuesOf(content: object, settings: SettingTable, path: string): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(content)) {
    const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (!Object.hasOwn(settings, name)) {
      const hint = nearest(name, Object.keys(settings));
      throw new HpdError("invalid_argument", `${path}: there is no setting ${JSON.stringify(key)}${hint}`);
    }
    if (values[name] !== undefined) throw new HpdError("invalid_argument", `${path}: ${name} is there twice`);
    const problem = (expected: string) =>
      new HpdError("invalid_argument", `${path}: ${key} should be ${expected}, got ${describe(value)}`);
    const { items } = settings[name]!;
    values[name] =
      items === undefined
        ? checked(settings[name]!, value, problem)
        : itemsOf(value, items, `${path}: ${key}`, problem);
  }
  return values;
}

function itemsOf(
  value: unknown,
  items: SettingTable,
  path: string,
  problem: (expected: string) => Error,
): Record<string, unknown>[] {
  if (!Array.isArray(value)) throw problem("a list");
  return value.map((item, index) => {
    if (isObject(item)) return valuesOf(item, items, `${path}[${index}]`);
    throw problem(`a list of settings, "- data: FILE"`);
  });
}

async function parse(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((cause: Error) => {
    throw cannotRead(path, cause);
  });
  if (text.length > longestRecipe) {
    throw new HpdError("invalid_argument", `${path} is longer than ${longestRecipe} characters: is it a recipe?`);
  }
  const { parseDocument } = await import("yaml");
  const refused = (line: string, cause: Error) =>
    new HpdError("invalid_argument", `${path}${line} is neither YAML nor JSON: ${cause.message}`, { cause });
  try {
    // Pretty errors take time with the square of their number.
    const document = parseDocument(text, { prettyErrors: false, logLevel: "error" });
    // A warning is about a value that isn't what it says: a tag that YAML doesn't have.
    const [error] = [...document.errors, ...document.warnings];
    if (error !== undefined) throw refused(`, line ${text.slice(0, error.pos[0]).split("\n").length}`, error);
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    if (cause instanceof HpdError) throw cause;
    throw refused("", cause as Error);
  }
}

/** UTF-16 code units of a recipe. Time for YAML grows with the square of its keys. */
const longestRecipe = 65_536;

/** A flag's text and a recipe's value alike. */
function checked({ kind, choices, hint }: Setting, value: unknown, problem: (expected: string) => Error): unknown {
  switch (kind) {
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
    case "integer": {
      const number = numberOf(value);
      if (number === undefined) throw problem("a number");
      if (kind === "integer" && !Number.isInteger(number)) throw problem("an integer");
      return number;
    }
    case "integers":
      return (typeof value === "string" ? value.split(",") : listOf(value)).map((item) => {
        const number = numberOf(item);
        if (number === undefined || !Number.isInteger(number)) throw problem("integers as in 1,3,5");
        return number;
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

/** Texts by names of columns, or one for all: of flags, that is one without a name, and there can be but one. */
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
