/** Recipe files: settings in YAML, or in JSON, which is YAML too. Paths in them are relative to the current folder. */
import { readFile } from "node:fs/promises";
import { cannotRead } from "../../common/file-errors.ts";
import { describe, isObject } from "../../common/json.ts";
import { nearest } from "../../common/nearest.ts";
import { HpdError } from "../../errors.ts";
import type { SettingTable } from "./table.ts";
import { checkedValue } from "./value.ts";

/** Maximum length of a recipe in UTF-16 code units. Parsing YAML takes time quadratic in the number of its keys. */
const longestRecipe = 65_536;

/** The values in a recipe file by the names of their settings. @throws HpdError naming the file and the setting */
export async function readRecipe(path: string, settings: SettingTable): Promise<Record<string, unknown>> {
  const content = await parse(path);
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new HpdError("invalid_argument", `${path} should map settings to values, as in "dim: 128"`);
  }
  return valuesOf(content, settings, path);
}

/** @param path the file and the place in it, for messages */
function valuesOf(content: object, settings: SettingTable, path: string): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(content)) {
    const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (!Object.hasOwn(settings, name) || settings[name]!.flagOnly) {
      const known = Object.keys(settings).filter((each) => !settings[each]!.flagOnly);
      const hint = nearest(name, known);
      throw new HpdError("invalid_argument", `${path}: there is no setting ${JSON.stringify(key)}${hint}`);
    }
    if (values[name] !== undefined)
      throw new HpdError("invalid_argument", `${path}: ${name} should occur once, got it twice`);
    const problem = (expected: string) =>
      new HpdError("invalid_argument", `${path}: ${key} should be ${expected}, got ${describe(value)}`);
    const { items } = settings[name]!;
    values[name] =
      items === undefined
        ? checkedValue(settings[name]!, value, problem)
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
    throw new HpdError(
      "invalid_argument",
      `${path} should be a recipe of at most ${longestRecipe} characters, got ${text.length}`,
    );
  }
  const { parseDocument } = await import("yaml");
  const refused = (line: string, cause: Error) =>
    new HpdError("invalid_argument", `${path}${line} should be YAML or JSON: ${cause.message}`, { cause });
  try {
    // Pretty errors take time quadratic in their number.
    const document = parseDocument(text, { prettyErrors: false, logLevel: "error" });
    // Warnings are about values that would be read otherwise than written, such as unknown tags.
    const [error] = [...document.errors, ...document.warnings];
    if (error !== undefined) throw refused(`, line ${text.slice(0, error.pos[0]).split("\n").length}`, error);
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    if (cause instanceof HpdError) throw cause;
    throw refused("", cause as Error);
  }
}
