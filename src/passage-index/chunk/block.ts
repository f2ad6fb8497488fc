/** Blocks, the units in which a file is read, with their lines. */
import type { Metadata } from "../store.ts";

export interface Block {
  /**
   * `prose` is divided into sentences, `lines` (code, tables) at line ends; a `heading` is not divided.
   */
  readonly kind: "prose" | "lines" | "heading";
  readonly text: string;
  /** Lines of the file, counted from 1. They determine the newlines of a text: blocks on one line are joined. */
  readonly firstLine: number;
  readonly lastLine: number;
  /** The section of the block. A passage is of one section; sections are compared by identity. */
  readonly section: Section;
  /** The fenced code or table that contains the block. */
  readonly frame?: Frame;
}

/** Fenced code or a table. If it doesn't fit into one passage, each piece is completed by the lines below. */
export interface Frame {
  /** First line in the file, counted from 1. */
  readonly firstLine: number;
  /** Last line; undefined until the end has been read. */
  readonly lastLine: number | undefined;
  /** Lines for a piece that doesn't have the first ones: the opening fence, a table's header. Empty for none. */
  readonly before: string;
  /** Line for a piece that doesn't have the last one: the closing fence. Empty for none. */
  readonly after: string;
}

export interface Section {
  readonly metadata: Metadata;
  /** Title and headings above, the outermost first, as plain text. Passages are embedded with them. */
  readonly context?: readonly string[];
  /** First and last line of a row, whose text has line ends of its own. */
  readonly lines?: readonly [first: number, last: number];
}

/**
 * The memory of a section's metadata, which every passage has, as a number of characters of text.
 */
export function weightOf({ metadata }: Section): number {
  return JSON.stringify(metadata).length / 64;
}

/** Maximum UTF-16 code units of a block. Longer ones are divided as they are read, so that memory stays bounded. */
export const longestBlock = 32_768;

/** Divides a long line into pieces, after white space if there is any. Pieces of white space only are left out. */
export function* piecesOfLine(line: string): Generator<string, void, undefined> {
  for (let start = 0; start < line.length; ) {
    const end = line.length - start > longestBlock ? cutBefore(line, start, start + longestBlock) : line.length;
    const piece = line.slice(start, end);
    if (piece.trim() !== "") yield piece;
    start = end;
  }
}

function cutBefore(line: string, start: number, end: number): number {
  for (let at = end; at > start + longestBlock / 2; at--) if (/\s/.test(line[at - 1]!)) return at;
  // Not between the two surrogates of a character.
  return isHighSurrogate(line.charCodeAt(end - 1)) ? end - 1 : end;
}

export function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}
