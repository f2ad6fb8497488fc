/**
 * Front matter at the top of a Markdown file: YAML between lines of `---`, TOML between lines of `+++`. People write what
 * YAML refuses (`title: Re: the plan`, `author: @me`, a key twice): then each entry is read for itself, one that can't be
 * is taken as the text that stands there, and the reader is told.
 */
import { deepestNesting, isObject, nestingOf } from "../../common/json.ts";
import type { Metadata } from "../store.ts";

export interface FrontMatter {
  readonly metadata: Metadata;
  /** What is not in it as it was written, by line of the file. */
  readonly problems: readonly string[];
}

/** What is longer is none: in lines, and in UTF-16 code units. Time for YAML grows with the square of its keys. */
const mostLines = 1000;
const mostCharacters = 32_768;

/** The lines of a file that may be front matter, until it is closed or too long. */
export class FrontMatterLines {
  readonly all: string[];
  readonly #fence: string;
  #state: "open" | "closed" | "none" = "open";
  #size = 0;

  private constructor(line: string, fence: string) {
    this.all = [line];
    this.#fence = fence;
  }

  /** @param line the first of the file */
  static begin(line: string): FrontMatterLines | undefined {
    const fence = line.trimEnd();
    return fence === "---" || fence === "+++" ? new FrontMatterLines(line, fence) : undefined;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  add(line: string): void {
    this.all.push(line);
    this.#size += line.length;
    const fence = line.trimEnd();
    if (fence === this.#fence || (fence === "..." && this.#fence === "---")) this.#state = "closed";
    else if (this.all.length >= mostLines || this.#size > mostCharacters) this.#state = "none";
  }

  /** @returns undefined where it is none */
  async read(): Promise<FrontMatter | undefined> {
    if (this.#state !== "closed") return undefined;
    return parseFrontMatter(this.all.slice(1, -1), this.#fence === "---" ? "yaml" : "toml");
  }
}

/**
 * @param lines between the fences, the first of them line 2 of the file
 * @returns undefined where it isn't a mapping, not even a damaged one: a ruler at the top of a file looks the same
 */
async function parseFrontMatter(lines: readonly string[], format: "yaml" | "toml"): Promise<FrontMatter | undefined> {
  const { parseDocument } = await import("yaml");
  const mapping = (text: string): Metadata | undefined => {
    try {
      // Errors are counted and not shown: each would be searched for its line.
      const document = parseDocument(text, { logLevel: "error", prettyErrors: false });
      if (document.errors.length > 0) return undefined;
      // Through JSON, so that it is what metadata may be: a date becomes a text.
      const json = JSON.stringify(document.toJS({ maxAliasCount: 100 }) ?? {});
      const value: unknown = nestingOf(json) > deepestNesting ? undefined : JSON.parse(json);
      return isObject(value) ? (value as Metadata) : undefined;
    } catch {
      return undefined;
    }
  };
  if (format === "toml") return readEntries(tomlEntries(lines), (text) => withoutObjects(mapping(text)));
  const whole = mapping(lines.join("\n"));
  if (whole !== undefined) return { metadata: whole, problems: [] };
  return readEntries(yamlEntries(lines), mapping);
}

/** A table in braces is a mapping in YAML, too, but another one. */
function withoutObjects(mapping: Metadata | undefined): Metadata | undefined {
  const hasObject = (value: unknown): boolean => (Array.isArray(value) ? value.some(hasObject) : isObject(value));
  return mapping === undefined || Object.values(mapping).some(hasObject) ? undefined : mapping;
}

interface Entry {
  /** The line of the file, counted from 1. */
  readonly line: number;
  readonly key: string;
  /** The table of TOML that the key stands in. */
  readonly table?: string | undefined;
  /** The value as it was written behind the key. */
  readonly written: string;
  /** YAML of it; the first has the key. */
  readonly lines: string[];
}

const yamlKey = /^(["']?)([\p{L}\p{N}_][\p{L}\p{N}_ ./-]{0,99})\1[ \t]*:(?:[ \t](.*))?$/u;
const tomlKey = /^[ \t]*(["']?)([\p{L}\p{N}_][\p{L}\p{N}_.-]{0,99})\1[ \t]*=(.*)$/u;
const tomlTable = /^[ \t]*\[([^[\]]{1,100})\][ \t]*(?:#.*)?$/;

/** @returns undefined where most lines are none of a mapping: it is text */
function yamlEntries(lines: readonly string[]): Entry[] | undefined {
  const entries: Entry[] = [];
  let others = 0;
  for (const [index, line] of lines.entries()) {
    const [, , key, written = ""] = yamlKey.exec(line) ?? [];
    if (key !== undefined) entries.push({ line: index + 2, key, written: written.trim(), lines: [line] });
    else entries.at(-1)?.lines.push(line);
    // A list may stand as far left as its key.
    if (key === undefined && /^[^\s#-]/.test(line)) others++;
  }
  return entries.length > others ? entries : undefined;
}

/** Most values of TOML are YAML, too: those that aren't become the text that stands there. */
function tomlEntries(lines: readonly string[]): Entry[] | undefined {
  const entries: Entry[] = [];
  let others = 0;
  let table: string | undefined;
  for (const [index, line] of lines.entries()) {
    table = tomlTable.exec(line)?.[1]?.trim() ?? table;
    const [, , key, written = ""] = tomlKey.exec(line) ?? [];
    if (key !== undefined) {
      entries.push({ line: index + 2, key, table, written: written.trim(), lines: [tomlAsYaml(key, written.trim())] });
    } else if (!tomlTable.test(line)) {
      entries.at(-1)?.lines.push(` ${line}`);
      // Those of a list begin otherwise.
      if (/^\p{L}/u.test(line)) others++;
    }
  }
  return entries.length > others || lines.every((line) => line.trim() === "") ? entries : undefined;
}

function tomlAsYaml(key: string, written: string): string {
  const isNumber = /^[+-]?\d[\d_]*(?:\.[\d_]+)?$/.test(written);
  // Three quotation marks begin a text of several lines, which to YAML is one mark in a text.
  const value = isNumber ? written.replaceAll("_", "") : written.startsWith("'''") ? `@${written}` : written;
  return `${JSON.stringify(key)}: ${value}`;
}

function readEntries(
  entries: readonly Entry[] | undefined,
  mapping: (text: string) => Metadata | undefined,
): FrontMatter | undefined {
  if (entries === undefined) return undefined;
  const metadata = new Map<string, unknown>();
  const tables = new Map<string, Map<string, unknown>>();
  const problems: string[] = [];
  let isAnyRead = entries.length === 0;
  for (const { line, key, table, written, lines } of entries) {
    const into = table === undefined ? metadata : (tables.get(table) ?? new Map());
    if (table !== undefined) tables.set(table, into);
    const told: string[] = [];
    if (into.has(key)) told.push("is there a second time, and counts");
    const rest = lines.slice(1).map((other) => other.trim());
    const whole = mapping(lines.join("\n"));
    const value = whole ?? mapping(lines[0]!);
    if (value === undefined) {
      told.push("can't be read, and is taken as the text that stands there");
      into.set(key, [written, ...rest].join(" ").trim());
    } else {
      isAnyRead = true;
      if (whole === undefined && rest.join("") !== "") told.push("has lines below it that can't be read");
      for (const [name, part] of Object.entries(value)) into.set(name, part);
    }
    if (told.length > 0) problems.push(`line ${line} (${key}) ${told.join("; ")}`);
  }
  // A text below a ruler may look like a mapping, too: something in it has to be as people write it.
  if (!isAnyRead && entries.every(({ written }) => opensBracket(written))) return undefined;
  for (const [name, table] of tables) metadata.set(name, Object.fromEntries(table));
  return { metadata: Object.fromEntries(metadata) as Metadata, problems };
}

/** Whether it begins a list or a mapping in brackets, and doesn't end it. */
function opensBracket(written: string): boolean {
  return (written.startsWith("[") && !written.endsWith("]")) || (written.startsWith("{") && !written.endsWith("}"));
}
