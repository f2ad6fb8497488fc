/**
 * The blocks of a web page: headings, paragraphs, list items, code, rows of tables, as its reader sees them. Every heading
 * opens a section, as in Markdown. If the page has a `<main>` or an `<article>`, what lies outside is left out; navigation,
 * footers and forms are in any case.
 *
 * The package htmlparser2 tokenizes: an optional peer (1 MB with its five packages), maintained, and linear in the size of a
 * page whose nesting is bounded here.
 */
import { HpdError } from "../../errors.ts";
import { type Block, longestBlock, piecesOfLine, type Section } from "../chunk/block.ts";
import { Headings } from "../chunk/headings.ts";
import { loadReader } from "./optional-reader.ts";
import { readBytes } from "./read-bytes.ts";

/** The part of htmlparser2 that is used. */
interface HtmlParser2 {
  readonly Parser: new (
    handler: {
      onopentag(name: string, attributes: Readonly<Record<string, string>>): void;
      ontext(text: string): void;
      onclosetag(name: string): void;
    },
    options: { decodeEntities: boolean },
  ) => { readonly startIndex: number; write(chunk: string): void; end(): void };
}

const maxBytes = 50_000_000;

/** Elements inside each other: the time to close one grows with those that are open. */
const maxDepth = 1000;

/** UTF-16 code units that are parsed at a time. */
const pieceSize = 65_536;

/** Elements whose contents are no text of the page. */
const hidden = new Set([
  ...["script", "style", "template", "noscript", "svg", "math", "iframe", "object", "canvas", "video", "audio"],
  ...["nav", "aside", "footer", "form", "button", "select", "textarea", "dialog", "menu", "head"],
]);

/** Elements that are part of a line of text; all others begin and end a paragraph. */
const inline = new Set([
  ...["a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img"],
  ...["ins", "kbd", "label", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub"],
  ...["sup", "time", "tt", "u", "var", "wbr"],
]);

/** @throws HpdError as `readBytes`; `not_found` without htmlparser2; `corrupt_file` for a page that is no text or too deep */
export async function* blocksOfHtml(
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Block, void, undefined> {
  const { Parser } = await loadReader<HtmlParser2>("htmlparser2", path);
  const html = decoded(path, await readBytes(path, maxBytes, signal));
  const reader = new HtmlReader(path, html);
  const parser = new Parser(
    {
      onopentag: (name, attributes) => reader.open(name, attributes, parser.startIndex),
      ontext: (text) => reader.text(text, parser.startIndex),
      onclosetag: (name) => reader.close(name, parser.startIndex),
    },
    { decodeEntities: true },
  );
  for (let at = 0; at < html.length; at += pieceSize) {
    signal?.throwIfAborted();
    parser.write(html.slice(at, at + pieceSize));
    if (at % (16 * pieceSize) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  parser.end();
  yield* reader.blocks();
}

/** The text of a page, in the encoding that its first bytes name. Source: HTML, "Determining the character encoding". */
function decoded(path: string, bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 1024)).toString("latin1");
  const [, label] = /<meta[^>]*charset\s*=\s*["']?\s*([\w:-]{1,40})/i.exec(start) ?? [];
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const encoding = isUtf16 ? (bytes[0] === 0xff ? "utf-16le" : "utf-16be") : (label ?? "utf-8");
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new HpdError("corrupt_file", `${path}: expected a page in ${encoding}, got other bytes`, { cause });
  }
}

/** A block that isn't put into its section yet, and whether it lies in the main part of the page. */
interface Found {
  readonly kind: Block["kind"];
  readonly text: string;
  readonly firstLine: number;
  readonly lastLine: number;
  /** The level of a heading. */
  readonly level: number;
  readonly isMain: boolean;
}

function isCell(name: string): boolean {
  return name === "td" || name === "th";
}

/**
 * The blocks of a section. Their lines are those of a text without markup, so that passages look like one; all passages of
 * the section have its lines in the file.
 */
function* numbered(section: Section, found: readonly Found[]): Generator<Block, void, undefined> {
  const lines = [found[0]!.firstLine, Math.max(...found.map(({ lastLine }) => lastLine))] as const;
  const placed = { ...section, lines };
  let line = lines[0];
  let before: Found | undefined;
  for (const each of found) {
    const isListed = before !== undefined && isClose(before) && isClose(each);
    if (before !== undefined) line += isListed ? 1 : 2;
    const lastLine = line + each.text.split("\n").length - 1;
    yield { kind: each.kind, text: each.text, firstLine: line, lastLine, section: placed };
    line = lastLine;
    before = each;
  }
}

/** Whether a block is an item of a list or a row of a table, which follow each other without a blank line. */
function isClose({ kind, text }: Found): boolean {
  return text.startsWith("- ") || (kind === "lines" && !text.includes("\n"));
}

class HtmlReader {
  readonly #path: string;
  readonly #html: string;
  readonly #found: Found[] = [];
  readonly #open: string[] = [];
  /** Number of open elements that are hidden, that hold the main part, that keep white space. */
  #hidden = 0;
  #main = 0;
  #pre = 0;
  /** Whether a paragraph in a cell ended: text that follows is another one, another cell goes on in the same line. */
  #isCellBroken = false;
  #title = "";
  #language: string | undefined;
  #written = "";
  #firstLine = 1;
  #lastLine = 1;
  #line = 1;
  #counted = 0;

  constructor(path: string, html: string) {
    this.#path = path;
    this.#html = html;
  }

  open(name: string, attributes: Readonly<Record<string, string>>, at: number): void {
    this.#open.push(name);
    if (this.#open.length > maxDepth) {
      throw new HpdError("corrupt_file", `${this.#path}: its elements are nested more than ${maxDepth} deep`);
    }
    if (name === "html") this.#language = attributes.lang;
    if (name === "br") this.#append("\n", at);
    else if (!inline.has(name)) this.#end(at);
    if (name === "li") this.#append("- ", at);
    if (isCell(name) && this.#written !== "") {
      this.#isCellBroken = false;
      this.#append(" | ", at);
    }
    this.#count(name, 1);
  }

  text(text: string, at: number): void {
    if (this.#open.at(-1) === "title" && !this.#open.includes("svg")) {
      if (this.#title.length < 1000) this.#title += text;
      return;
    }
    if (this.#hidden > 0) return;
    const written = this.#pre > 0 ? text : text.replace(/\s+/g, " ");
    if (written.trim() !== "" || this.#pre > 0) this.#append(written, at);
    else if (this.#written !== "" && !/\s$/.test(this.#written)) this.#written += " ";
  }

  close(name: string, at: number): void {
    this.#open.pop();
    if (!inline.has(name) && !isCell(name) && name !== "br") this.#end(at, name);
    this.#count(name, -1);
  }

  /** The blocks of the whole page, once it was read. */
  *blocks(): Generator<Block, void, undefined> {
    this.#flush("prose", 0);
    const isMainOnly = this.#found.some(({ isMain }) => isMain);
    const title = this.#title.replace(/\s+/g, " ").trim();
    const metadata = {
      ...(title !== "" && { title: title.slice(0, 1000) }),
      ...(this.#language && { lang: this.#language.slice(0, 100) }),
    };
    const headings = new Headings(metadata);
    const runs: { readonly section: Section; readonly found: Found[] }[] = [{ section: headings.section(), found: [] }];
    for (const each of this.#found) {
      if (isMainOnly && !each.isMain) continue;
      if (each.kind === "heading") {
        runs.push({ section: headings.open(each.level, each.text.replace(/\s+/g, " ")), found: [] });
      }
      runs.at(-1)!.found.push(each);
    }
    for (const { section, found } of runs) if (found.length > 0) yield* numbered(section, found);
  }

  #count(name: string, by: 1 | -1): void {
    if (hidden.has(name)) this.#hidden += by;
    if (name === "main" || name === "article") this.#main += by;
    if (name === "pre") this.#pre += by;
  }

  #append(text: string, at: number): void {
    if (this.#hidden > 0) return;
    if (this.#isCellBroken) this.#flush("prose", 0);
    this.#lastLine = this.#lineAt(at);
    if (this.#written === "") this.#firstLine = this.#lastLine;
    this.#written += text;
    // A page may be one paragraph of megabytes.
    if (this.#written.length > longestBlock) this.#flush("prose", 0);
  }

  /** Ends a paragraph. @param closed the element that ends it */
  #end(at: number, closed = ""): void {
    const name = closed === "" ? this.#open.at(-1)! : closed;
    // Cells of a row are one line, also where each is a paragraph.
    if (this.#open.includes("tr") && !/^(?:tr|pre|h[1-6])$/.test(name)) {
      if (!isCell(name)) this.#isCellBroken = this.#written !== "" && !this.#written.endsWith(" | ");
      return;
    }
    const [, level] = /^h([1-6])$/.exec(closed) ?? [];
    if (this.#pre > 0 || closed === "tr") this.#lastLine = Math.max(this.#lastLine, this.#lineAt(at));
    this.#flush(
      level !== undefined ? "heading" : this.#pre > 0 || closed === "tr" ? "lines" : "prose",
      Number(level ?? 0),
    );
  }

  #flush(kind: Block["kind"], level: number): void {
    const text =
      kind === "lines" ? this.#written.replace(/^\n|\s+$/g, "") : this.#written.replace(/ ?\n ?/g, "\n").trim();
    this.#written = "";
    this.#isCellBroken = false;
    if (text.trim() === "" || text === "-") return;
    const isMain = this.#main > 0;
    const [firstLine, lastLine] = [this.#firstLine, Math.max(this.#firstLine, this.#lastLine)];
    for (const piece of kind === "heading" ? [text.slice(0, longestBlock)] : piecesOfLine(text)) {
      this.#found.push({ kind, text: piece, firstLine, lastLine, level, isMain });
    }
  }

  #lineAt(index: number): number {
    for (; this.#counted < index; this.#counted++) if (this.#html.charCodeAt(this.#counted) === 10) this.#line++;
    return this.#line;
  }
}
