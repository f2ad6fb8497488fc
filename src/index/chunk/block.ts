/** What a file is read as: blocks one after the other, which know where they stood. */
import type { Metadata } from "../store.ts";

export interface Block {
  /**
   * `prose` is divided into sentences; `lines` (code, tables) at line ends, which mean something there; a `heading` is
   * not divided.
   */
  readonly kind: "prose" | "lines" | "heading";
  readonly text: string;
  /** Of the file, counted from 1. The newlines of a text follow from these: blocks on one line are one text. */
  readonly firstLine: number;
  readonly lastLine: number;
  /** What belongs together: a passage is of one section. Two sections with the same content are still two. */
  readonly section: Section;
}

export interface Section {
  readonly metadata: Metadata;
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
