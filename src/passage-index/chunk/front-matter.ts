/**
 * Front matter at the top of a Markdown file: YAML between lines of `---`, TOML between lines of `+++`. People write what
 * YAML refuses (`title: Re: the plan`, `author: @me`, a key twice): then each entry is read for itself, one that can't be
 * is taken as the text that stands there, and the reader is told.
 */
import { isObject, maxNesting, nestingOf } from "../../common/json.ts";
import type { Metadata } from "../store.ts";
import { tomlEntries, yamlEntries } from "./front-matter-entries.ts";
import { type FrontMatter, readEntries } from "./read-entries.ts";

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
  /** Not tried again: the whole may be one entry of one line. */
  const refused = new Set<string>();
  const mapping = (text: string): Metadata | undefined => {
    const read = refused.has(text) ? undefined : parse(text);
    if (read === undefined) refused.add(text);
    return read;
  };
  const parse = (text: string): Metadata | undefined => {
    try {
      // Errors are counted and not shown: each would be searched for its line.
      const document = parseDocument(text, { logLevel: "error", prettyErrors: false });
      // A warning is of a tag that YAML doesn't know: of `title: !important news` it would leave the news.
      if (document.errors.length + document.warnings.length > 0) return undefined;
      // Through JSON, so that it is what metadata may be: a date becomes a text.
      const json = JSON.stringify(document.toJS({ maxAliasCount: 100 }) ?? {});
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

/** A table in braces is a mapping in YAML, too, but another one. */
function withoutObjects(mapping: Metadata | undefined): Metadata | undefined {
  const hasObject = (value: unknown): boolean => (Array.isArray(value) ? value.some(hasObject) : isObject(value));
  return mapping === undefined || Object.values(mapping).some(hasObject) ? undefined : mapping;
}
