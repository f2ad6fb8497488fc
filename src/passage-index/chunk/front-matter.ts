/**
 * Front matter at the top of a Markdown file: YAML between lines of `---`, TOML between lines of `+++`. If it isn't
 * valid YAML (`title: Re: the plan`, `author: @me`, a key twice), each entry is parsed for itself, an invalid one is
 * taken as text, and a problem is reported.
 */
import { isObject, maxNesting, nestingOf } from "../../common/json.ts";
import { loadYaml } from "../../files/load-yaml.ts";
import type { Metadata } from "../store.ts";
import { tomlEntries, yamlEntries } from "./front-matter-entries.ts";
import { type FrontMatter, readEntries } from "./read-entries.ts";

/**
 * Maximum lines and UTF-16 code units of front matter. The time of the YAML parser grows with the square of the keys.
 */
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

  /** Front matter that begins with a line, if one does. @param line the first of the file */
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

  /** @returns undefined if the lines are no front matter */
  read(): FrontMatter | undefined {
    if (this.#state !== "closed") return undefined;
    return parseFrontMatter(this.all.slice(1, -1), this.#fence === "---" ? "yaml" : "toml");
  }
}

/**
 * @param lines between the fences, the first of them line 2 of the file
 * @returns undefined if it isn't a mapping, not even an invalid one: a thematic break at the top of a file looks the
 *   same
 */
function parseFrontMatter(lines: readonly string[], format: "yaml" | "toml"): FrontMatter | undefined {
  const { parseDocument } = loadYaml();
  /** Texts that aren't parsed again: the whole may be a single entry. */
  const refused = new Set<string>();
  const mapping = (text: string): Metadata | undefined => {
    const read = refused.has(text) ? undefined : parse(text);
    if (read === undefined) refused.add(text);
    return read;
  };
  const parse = (text: string): Metadata | undefined => {
    try {
      // Errors are only counted: for a pretty one, the parser would search its line.
      const document = parseDocument(text, { logLevel: "error", prettyErrors: false, intAsBigInt: true });
      // A warning is about an unknown tag: `title: !important news` would become "news".
      if (document.errors.length + document.warnings.length > 0) return undefined;
      // Through JSON, since metadata is JSON: a date becomes a text.
      const json = JSON.stringify(document.toJS({ maxAliasCount: 100 }) ?? {}, (_, part) => exactly(part));
      const value: unknown = nestingOf(json) > maxNesting ? undefined : JSON.parse(json);
      return isObject(value) ? (value as Metadata) : undefined;
    } catch {
      return undefined;
    }
  };
  if (format === "toml") return readEntries(tomlEntries(lines, 2), (text) => withoutObjects(mapping(text)));
  const whole = mapping(lines.join("\n"));
  if (whole !== undefined) return { metadata: whole, problems: [] };
  return readEntries(yamlEntries(lines, 2), mapping);
}

/** An integer as a number, or as a text where a number doesn't hold it; all else as it is. */
function exactly(part: unknown): unknown {
  if (typeof part !== "bigint") return part;
  return Number.isSafeInteger(Number(part)) ? Number(part) : String(part);
}

/** A mapping, unless it has an inline table of TOML, which YAML would parse in another way. */
function withoutObjects(mapping: Metadata | undefined): Metadata | undefined {
  const hasObject = (value: unknown): boolean => (Array.isArray(value) ? value.some(hasObject) : isObject(value));
  return mapping === undefined || Object.values(mapping).some(hasObject) ? undefined : mapping;
}
