/**
 * The blocks of Markdown: headings, paragraphs, list items, code, rows of tables. Every heading opens a section, whose
 * metadata has the headings above it as `heading: "Install > From source"`. YAML front matter is metadata of the whole
 * file, and no text.
 *
 * After CommonMark 0.31, as far as it matters for where a text may be divided: ATX and setext headings, fenced code.
 * Nothing is removed from the text, and what isn't recognized is a paragraph.
 */
import type { Metadata } from "../store.ts";
import type { Block, Section } from "./block.ts";
import { piecesOfLine } from "./block.ts";
import { Paragraph } from "./text-blocks.ts";

const atxHeading = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const setextUnderline = /^ {0,3}(=+|-+)[ \t]*$/;
const fence = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
const listItem = /^\s*(?:[-*+]|\d{1,9}[.)])\s/;
const tableRow = /^\s*\|/;
const quotation = /^ {0,3}>/;

/** In UTF-16 code units. Every passage below has it: a longer one is a text that lost its line ends. */
const longestHeading = 200;

/** Longer front matter is none. */
const mostFrontMatterLines = 1000;

export async function* blocksOfMarkdown(lines: AsyncIterable<string>): AsyncGenerator<Block, void, undefined> {
  const reader = new MarkdownReader();
  let frontMatter: string[] | undefined;
  let number = 0;
  for await (const line of lines) {
    number++;
    if (number === 1 && line.trimEnd() === "---") {
      frontMatter = [line];
    } else if (frontMatter === undefined) {
      yield* reader.read(line, number);
    } else {
      frontMatter.push(line);
      const isClosed = ["---", "..."].includes(line.trimEnd());
      if (!isClosed && frontMatter.length < mostFrontMatterLines) continue;
      const metadata = isClosed ? await parseFrontMatter(frontMatter.slice(1, -1)) : undefined;
      if (metadata === undefined)
        for (const [index, kept] of frontMatter.entries()) yield* reader.read(kept, index + 1);
      else reader.describe(metadata);
      frontMatter = undefined;
    }
  }
  // A file that ends within it has none.
  for (const [index, kept] of (frontMatter ?? []).entries()) yield* reader.read(kept, index + 1);
  yield* reader.end();
}

/** @returns undefined where it isn't a YAML mapping */
async function parseFrontMatter(lines: readonly string[]): Promise<Metadata | undefined> {
  const { parse } = await import("yaml");
  try {
    const value: unknown = parse(lines.join("\n"), { maxAliasCount: 100, logLevel: "error" });
    if (value === null) return {};
    // Through JSON, so that it is what metadata may be: a date becomes a text.
    if (typeof value === "object" && !Array.isArray(value)) return JSON.parse(JSON.stringify(value));
  } catch {
    // A ruler at the top of a file looks the same.
  }
  return undefined;
}

class MarkdownReader {
  #fileMetadata: Metadata = {};
  /** The heading of each level that is open, by level - 1. */
  #headings: (string | undefined)[] = [];
  readonly #paragraph = new Paragraph({ metadata: {} });
  /** What closes the code that is open. */
  #closingFence: RegExp | undefined;

  describe(metadata: Metadata): void {
    this.#fileMetadata = metadata;
    this.#paragraph.section = { metadata };
  }

  *read(line: string, number: number): Generator<Block, void, undefined> {
    if (this.#closingFence !== undefined) {
      if (this.#closingFence.test(line)) this.#closingFence = undefined;
      yield* this.#line(line, number);
      return;
    }
    const heading = atxHeading.exec(line);
    const opening = fence.exec(line)?.[1];
    if (line.trim() === "") {
      yield* this.#paragraph.end();
    } else if (heading !== null) {
      yield* this.#paragraph.end();
      this.#open(heading[1]!.length, heading[2] ?? "");
      yield* this.#paragraph.add(line, number);
      yield* this.#paragraph.end("heading");
    } else if (setextUnderline.test(line) && this.#isHeading()) {
      this.#open(line.trim().startsWith("=") ? 1 : 2, this.#paragraph.text);
      yield* this.#paragraph.add(line, number);
      yield* this.#paragraph.end("heading");
    } else if (opening !== undefined) {
      yield* this.#paragraph.end();
      this.#closingFence = new RegExp(`^ {0,3}${opening[0]}{${opening.length},}[ \\t]*$`);
      yield* this.#line(line, number);
    } else if (tableRow.test(line)) {
      yield* this.#paragraph.end();
      yield* this.#line(line, number);
    } else {
      if (listItem.test(line)) yield* this.#paragraph.end();
      yield* this.#paragraph.add(line, number);
    }
  }

  end(): Generator<Block, void, undefined> {
    return this.#paragraph.end();
  }

  /** Whether what has gathered is one when it is underlined: below a list or a quotation the line is a ruler. */
  #isHeading(): boolean {
    const { isEmpty, text } = this.#paragraph;
    return !isEmpty && !listItem.test(text) && !quotation.test(text);
  }

  /** Blocks of one line each, blank ones aside. */
  *#line(line: string, number: number): Generator<Block, void, undefined> {
    if (line.trim() === "") return;
    for (const text of piecesOfLine(line)) {
      yield { kind: "lines", text, firstLine: number, lastLine: number, section: this.#paragraph.section };
    }
  }

  #open(level: number, title: string): void {
    this.#headings.length = level - 1;
    this.#headings[level - 1] = shortened(title.replace(/\s+/g, " ").trim());
    const heading = this.#headings.filter((title) => title !== undefined && title !== "").join(" > ");
    const section: Section = { metadata: heading === "" ? this.#fileMetadata : { ...this.#fileMetadata, heading } };
    this.#paragraph.section = section;
  }
}

function shortened(heading: string): string {
  if (heading.length <= longestHeading) return heading;
  return `${heading.slice(0, longestHeading).replace(/\s+\S*$/u, "")} ...`;
}
