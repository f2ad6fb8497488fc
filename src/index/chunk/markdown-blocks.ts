/**
 * The blocks of Markdown: headings, paragraphs, list items, code, rows of tables. Every heading opens a section, whose
 * metadata has the headings above it as `heading: "Install > From source"`. Front matter is metadata of the whole file,
 * and no text.
 *
 * After CommonMark 0.31, as far as it matters for where a text may be divided: ATX and setext headings, fenced code.
 * Nothing is removed from the text, and what isn't recognized is a paragraph.
 */
import type { Metadata } from "../store.ts";
import type { Block, Section } from "./block.ts";
import { piecesOfLine } from "./block.ts";
import { FrontMatterLines } from "./front-matter.ts";
import { Paragraph } from "./text-blocks.ts";

const atxHeading = /^ {0,3}(#{1,6})(?=[ \t]|$)/;
const setextUnderline = /^ {0,3}(=+|-+)[ \t]*$/;
const fence = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
const closingFence = /^ {0,3}(`{3,}|~{3,})[ \t]*$/;
const listItem = /^\s*(?:[-*+]|\d{1,9}[.)])\s/;
const tableRow = /^\s*\|/;
const quotation = /^ {0,3}>/;

/** In UTF-16 code units. Every passage below has it: a longer one is a text that lost its line ends. */
const longestHeading = 200;

/** @param onProblems told what of the front matter can't be read, if there is such a thing */
export async function* blocksOfMarkdown(
  lines: AsyncIterable<string>,
  onProblems: (problems: readonly string[]) => void = () => {},
): AsyncGenerator<Block, void, undefined> {
  const reader = new MarkdownReader();
  let frontMatter: FrontMatterLines | undefined;
  let number = 0;
  for await (const line of lines) {
    number++;
    if (number === 1) frontMatter = FrontMatterLines.begin(line);
    else frontMatter?.add(line);
    if (frontMatter === undefined) yield* reader.read(line, number);
    if (frontMatter === undefined || frontMatter.isOpen) continue;
    const read = await frontMatter.read();
    if (read === undefined) yield* reader.readAll(frontMatter.all);
    else reader.describe(read.metadata);
    if (read !== undefined && read.problems.length > 0) onProblems(read.problems);
    frontMatter = undefined;
  }
  // A file that ends within it has none.
  yield* reader.readAll(frontMatter?.all ?? []);
  yield* reader.end();
}

class MarkdownReader {
  #fileMetadata: Metadata = {};
  /** The heading of each level that is open, by level - 1. */
  #headings: (string | undefined)[] = [];
  readonly #paragraph = new Paragraph({ metadata: {} });
  /** What opened the code that is open. */
  #fence: string | undefined;

  describe(metadata: Metadata): void {
    this.#fileMetadata = metadata;
    this.#paragraph.section = { metadata };
  }

  /** The first lines of a file. */
  *readAll(lines: readonly string[]): Generator<Block, void, undefined> {
    for (const [index, line] of lines.entries()) yield* this.read(line, index + 1);
  }

  *read(line: string, number: number): Generator<Block, void, undefined> {
    if (this.#fence !== undefined) {
      // As many of the same characters, or more.
      if ((closingFence.exec(line)?.[1] ?? "").startsWith(this.#fence)) this.#fence = undefined;
      yield* this.#line(line, number);
      return;
    }
    const heading = atxHeading.exec(line);
    const opening = fence.exec(line)?.[1];
    if (line.trim() === "") {
      yield* this.#paragraph.end();
    } else if (heading !== null) {
      yield* this.#paragraph.end();
      this.#open(heading[1]!.length, withoutClosing(line.slice(heading[0].length)));
      yield* this.#paragraph.add(line, number);
      yield* this.#paragraph.end("heading");
    } else if (setextUnderline.test(line) && this.#isHeading()) {
      this.#open(line.trim().startsWith("=") ? 1 : 2, this.#paragraph.text);
      yield* this.#paragraph.add(line, number);
      yield* this.#paragraph.end("heading");
    } else if (opening !== undefined) {
      yield* this.#paragraph.end();
      this.#fence = opening;
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
    const { topLine } = this.#paragraph;
    return topLine !== undefined && !listItem.test(topLine) && !quotation.test(topLine);
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

/** The title of a heading, which may end in number signs behind white space. */
function withoutClosing(written: string): string {
  const title = written.trimEnd();
  let end = title.length;
  while (title[end - 1] === "#") end--;
  return end === 0 || title[end - 1] === " " || title[end - 1] === "\t" ? title.slice(0, end) : title;
}

function shortened(heading: string): string {
  if (heading.length <= longestHeading) return heading;
  return `${heading.slice(0, longestHeading).replace(/\s+\S*$/u, "")} ...`;
}
