/** Parses front matter entry by entry: what YAML refuses is taken as text, and reported as a problem. */
import { isObject } from "../../common/json.ts";
import type { Metadata } from "../store.ts";
import { type Entry, type Table, yamlEntries } from "./front-matter-entries.ts";

export interface FrontMatter {
  readonly metadata: Metadata;
  /** Entries that couldn't be parsed as they are written, by line of the file. */
  readonly problems: readonly string[];
}

/** Parses YAML; undefined if it is no mapping. */
type ReadMapping = (text: string) => Metadata | undefined;

/** Maximum items of a list that is parsed item by item. */
const mostItems = 1000;

/** @returns undefined if `entries` is, and if nothing looks like front matter */
export function readEntries(entries: readonly Entry[] | undefined, mapping: ReadMapping): FrontMatter | undefined {
  if (entries === undefined) return undefined;
  const metadata = new Map<string, unknown>();
  const tables = new Map<Table, Map<string, unknown>>();
  const problems: string[] = [];
  let isAnyRead = entries.length === 0;
  const read = (entry: Entry, isBelow: boolean) => {
    const { line, key, table, written, lines } = entry;
    const into = table === undefined ? metadata : (tables.get(table) ?? new Map<string, unknown>());
    if (table !== undefined) tables.set(table, into);
    const notes: string[] = [];
    if (isBelow) notes.push("is indented like a part of the key above, and is read as a key of its own");
    if (into.has(key)) notes.push("is there a second time, which counts");
    const { value, problem, below } = readEntry(entry, mapping, isBelow);
    if (value === undefined) {
      into.set(key, [written, ...lines.slice(1).map((other) => other.trim())].join(" ").trim());
    } else {
      isAnyRead = true;
      for (const [name, part] of Object.entries(value)) into.set(name, part);
    }
    if (problem !== undefined) notes.push(problem);
    if (notes.length > 0) problems.push(`line ${line} (${key}) ${notes.join("; ")}`);
    for (const each of below ?? []) read({ ...each, table }, true);
  };
  for (const entry of entries) read(entry, false);
  // A text below a thematic break may look like a mapping, too: at least one entry has to be valid.
  if (!isAnyRead && entries.every(({ written }) => opensBracket(written))) return undefined;
  for (const [{ name, isListed }, table] of tables) {
    const before = metadata.get(name);
    const value = Object.fromEntries(table);
    metadata.set(name, isListed ? [...(Array.isArray(before) ? before : []), value] : value);
  }
  return { metadata: Object.fromEntries(metadata) as Metadata, problems };
}

interface ReadEntry {
  /** The parsed mapping; undefined if the entry is taken as text. */
  readonly value: Metadata | undefined;
  readonly problem?: string;
  /** Lines below that are entries themselves. */
  readonly below?: readonly Entry[];
}

function readEntry({ line, key, written, lines }: Entry, mapping: ReadMapping, isBelow: boolean): ReadEntry {
  const whole = mapping(lines.join("\n"));
  if (whole !== undefined) return { value: whole };
  const [first, ...rest] = lines as [string, ...string[]];
  const untabbed = mapping([first, ...rest.map(withoutTabs)].join("\n"));
  if (untabbed !== undefined) return { value: untabbed, problem: "is indented by tabs, which are read as spaces" };
  const items = itemsOf(written, rest);
  if (items !== undefined) {
    const value = { [key]: items.map((item) => readItem(item, mapping)) };
    return { value, problem: "has items that can't be read, and are taken as the texts that stand there" };
  }
  const asText = { value: undefined, problem: "can't be read, and is taken as the text that stands there" };
  const below = isBelow || written === "" ? undefined : yamlEntries(rest.map(withoutTabs), line + 1);
  const alone = written === "" ? undefined : mapping(first);
  if (alone === undefined) return below === undefined ? asText : { ...asText, value: { [key]: written }, below };
  return below === undefined
    ? { value: alone, problem: "has lines below it that can't be read" }
    : { value: alone, below };
}

function withoutTabs(line: string): string {
  return line.replace(/^[ \t]+/, (indent) => indent.replaceAll("\t", "  "));
}

/** The items of a list as they are written, one a line or between brackets; undefined if it is no list. */
function itemsOf(written: string, rest: readonly string[]): string[] | undefined {
  const lines = rest.filter((line) => line.trim() !== "");
  let items: string[] = [];
  if (written === "" && lines.every((line) => /^\s*-\s/.test(line))) {
    items = lines.map((line) => line.trim().slice(1).trim());
  } else if (lines.length === 0 && /^\[[^[\]{}]*\]$/.test(written)) {
    const parts = written.slice(1, -1).match(/(?:"[^"]*"|'[^']*'|[^,])+/g) ?? [];
    items = parts.map((item) => item.trim()).filter((item) => item !== "");
  }
  return items.length === 0 || items.length > mostItems ? undefined : items;
}

function readItem(written: string, mapping: ReadMapping): unknown {
  const item = mapping(`item: ${written}`)?.item ?? undefined;
  return item === undefined || isObject(item) ? written : item;
}

/** Whether a text begins a list or a mapping in brackets without ending it. */
function opensBracket(written: string): boolean {
  return (written.startsWith("[") && !written.endsWith("]")) || (written.startsWith("{") && !written.endsWith("}"));
}
