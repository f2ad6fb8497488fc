/**
 * The blocks of Markdown: headings, paragraphs, list items, code, rows of tables. Every heading opens a section, whose
 * metadata has the headings above it as `heading: "Install > From source"`. Front matter is metadata of the whole file,
 * and no text.
 *
 * Source: CommonMark 0.31, as far as it matters for dividing a text: ATX and setext headings, fenced code. Nothing is
 * removed from the text, and everything else is a paragraph.
 */
import type { Metadata } from "../store.ts";
import type { Block } from "./block.ts";
import { FrontMatterLines } from "./front-matter.ts";
import { Headings } from "./headings.ts";
import { blocksOfLine, OpenFence, OpenTable } from "./markdown-frames.ts";
import { plainHeading } from "./plain-heading.ts";
import { Paragraph } from "./text-blocks.ts";

const atxHeading = /^ {0,3}(#{1,6})(?=[ \t]|$)/;
const setextUnderline = /^ {0,3}(=+|-+)[ \t]*$/;
const fence = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
const indentedFence = /^\s*(`{3,}(?=[^`]*$)|~{3,})/;
const listItem = /^\s*(?:[-*+]|\d{1,9}[.)])\s/;
const tableRow = /^\s*\|/;
const quotation = /^ {0,3}>/;

/** @param onProblems called with the problems of the front matter, if there are any */
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
    const read = frontMatter.read();
    if (read === undefined) yield* reader.readAll(frontMatter.all);
    else reader.describe(read.metadata);
    if (read !== undefined && read.problems.length > 0) onProblems(read.problems);
    frontMatter = undefined;
  }
  // Front matter that is open at the end of the file is none.
  yield* reader.readAll(frontMatter?.all ?? []);
  yield* reader.end();
}

class MarkdownReader {
  #headings = new Headings({});
  readonly #paragraph = new Paragraph({ metadata: {} });
  #fence: OpenFence | undefined;
  #table: OpenTable | undefined;
  /** Whether a list item is open, below which fences may be indented by any number of spaces. */
  #isInList = false;
  /** The last line that isn't blank. */
  #lastLine = 0;

  describe(metadata: Metadata): void {
    this.#headings = new Headings(metadata);
    this.#paragraph.section = this.#headings.section();
  }

  /** Reads the first lines of a file. */
  *readAll(lines: readonly string[]): Generator<Block, void, undefined> {
    for (const [index, line] of lines.entries()) yield* this.read(line, index + 1);
  }

  *read(line: string, number: number): Generator<Block, void, undefined> {
    if (line.trim() !== "") this.#lastLine = number;
    if (this.#fence !== undefined) {
      yield* this.#fence.read(line, number, this.#paragraph.section);
      if (this.#fence.isClosed) this.#fence = undefined;
      return;
    }
    if (!tableRow.test(line)) this.#endTable(number - 1);
    const heading = atxHeading.exec(line);
    const htmlHeading = heading === null ? htmlHeadingOf(line) : undefined;
    const opening = (this.#isInList ? indentedFence : fence).exec(line);
    if (line.trim() === "") {
      yield* this.#paragraph.end();
    } else if (heading !== null) {
      yield* this.#paragraph.end();
      this.#open(heading[1]!.length, withoutClosing(line.slice(heading[0].length)));
      yield* this.#paragraph.add(line, number);
      yield* this.#paragraph.end("heading");
    } else if (htmlHeading !== undefined) {
      yield* this.#paragraph.end();
      this.#open(htmlHeading.level, htmlHeading.title);
      yield* this.#paragraph.add(line, number);
      yield* this.#paragraph.end("heading");
    } else if (setextUnderline.test(line) && this.#isHeading()) {
      this.#open(line.trim().startsWith("=") ? 1 : 2, this.#paragraph.text);
      yield* this.#paragraph.add(line, number);
      yield* this.#paragraph.end("heading");
    } else if (opening !== null) {
      yield* this.#paragraph.end();
      this.#fence = new OpenFence(opening[1]!, line, number);
      yield* blocksOfLine(line, number, this.#paragraph.section, this.#fence.frame);
    } else if (tableRow.test(line)) {
      yield* this.#paragraph.end();
      this.#table ??= new OpenTable(number);
      this.#table.read(line);
      yield* blocksOfLine(line, number, this.#paragraph.section, this.#table.frame);
    } else {
      if (listItem.test(line)) {
        yield* this.#paragraph.end();
        this.#isInList = true;
      } else if (this.#paragraph.isEmpty && !/^\s/.test(line)) {
        this.#isInList = false;
      }
      yield* this.#paragraph.add(line, number);
    }
  }

  end(): Generator<Block, void, undefined> {
    this.#endTable(this.#lastLine);
    this.#fence?.end(this.#lastLine);
    return this.#paragraph.end();
  }

  #endTable(lastLine: number): void {
    this.#table?.end(lastLine);
    this.#table = undefined;
  }

  /** Whether an underline makes the current paragraph a heading: below a list or a quotation it is a thematic break. */
  #isHeading(): boolean {
    const { topLine } = this.#paragraph;
    return topLine !== undefined && !listItem.test(topLine) && !quotation.test(topLine);
  }

  #open(level: number, title: string): void {
    this.#isInList = false;
    this.#paragraph.section = this.#headings.open(level, plainHeading(title));
  }
}

/** The title of an ATX heading without closing number signs. */
function withoutClosing(written: string): string {
  const title = written.trimEnd();
  let end = title.length;
  while (title[end - 1] === "#") end--;
  return end === 0 || title[end - 1] === " " || title[end - 1] === "\t" ? title.slice(0, end) : title;
}

/** An HTML heading that begins and ends on one line. */
function htmlHeadingOf(line: string): { level: number; title: string } | undefined {
  const [, level] = /^ {0,3}<h([1-6])[\s>]/i.exec(line) ?? [];
  const end = line.trimEnd();
  return level !== undefined && end.toLowerCase().endsWith(`</h${level}>`)
    ? { level: Number(level), title: end }
    : undefined;
}
