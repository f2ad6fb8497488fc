/** What a file is read as: blocks one after the other, which know where they stood. */
import type { Metadata } from "../store.ts";

export interface Block {
  /**
   * `prose` is divided into sentences; `lines` (code, tables) at line ends, which mean something there; a `heading` is
   * not divided.
   */
  readonly kind: "prose" | "lines" | "heading";
  readonly text: string;
  /** The line of the file, counted from 1. The newlines of a text follow from these: blocks on one line are one text. */
  readonly firstLine: number;
  readonly lastLine: number;
  /** What belongs together: a passage is of one section. Two sections with the same content are still two. */
  readonly section: Section;
  /** The fenced code or table that this is a line of. */
  readonly frame?: Frame;
}

/** Lines that are one thing. Where they don't fit into one passage, each piece is made whole again. */
export interface Frame {
  /** The line of the file, counted from 1. */
  readonly firstLine: number;
  /** Undefined as long as the end wasn't read. */
  readonly lastLine: number | undefined;
  /** Lines for a piece that doesn't have the first ones: the opening fence, a table's header. Empty for none. */
  readonly before: string;
  /** Line for a piece that doesn't have the last one: the closing fence. Empty for none. */
  readonly after: string;
}

export interface Section {
  readonly metadata: Metadata;
  /** Title and headings above, the outermost first, as plain text: passages are embedded with them. */
  readonly context?: readonly string[];
  /** Where all of it stands, the first and the last line, if it is a row, whose text has line ends of its own. */
  readonly lines?: readonly [first: number, last: number];
}

/**
 * What a section weighs beside its text, in characters: metadata isn't embedded, but it fills the memory, of every
 * passage.
 */
export function weightOf({ metadata }: Section): number {
  return JSON.stringify(metadata).length / 64;
}

/** Longer blocks are divided as they are read: memory stays bounded, whatever is in a file. In UTF-16 code units. */
export const longestBlock = 32_768;

/** A long line in pieces, cut behind white space where there is any. None is white space alone: it has no passage. */
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
  // Not between the two halves of a character.
  return isHighSurrogate(line.charCodeAt(end - 1)) ? end - 1 : end;
}

export function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}
