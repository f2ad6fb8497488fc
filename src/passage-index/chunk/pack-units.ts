/** Which units are a passage: as many as fit, ending where something ends. */
import { type FrameLimits, lastLineOf } from "./frame-limits.ts";
import type { TokenLimit, Unit } from "./units.ts";

export interface Span {
  /** The place in the text. */
  readonly start: number;
  readonly end: number;
  /** The lines to put around it, with their line ends; empty where nothing is needed. */
  readonly before: string;
  readonly after: string;
  /** Whether it begins with a heading. */
  readonly isHeading: boolean;
}

/** The shares of the room in a passage from which it may end before a paragraph, or before code or a table. */
const filled = { paragraph: 0.5, frame: 0.125 };

/** Packs the units of one section. */
export class UnitPacker {
  readonly #text: string;
  readonly #units: readonly Unit[];
  readonly #limit: TokenLimit;
  readonly #frames: FrameLimits;
  /** Tokens that a passage has room for. */
  readonly #room: number;
  /** The bounds of the group of each unit. */
  readonly #starts: readonly number[];
  readonly #ends: readonly number[];
  /** Tokens of all units before each. */
  readonly #sums: readonly number[];
  /** The unit with which the passage at hand begins, and the number of those that passages have. */
  #first = 0;
  #covered = 0;

  constructor(text: string, units: readonly Unit[], limit: TokenLimit, frames: FrameLimits) {
    this.#text = text;
    this.#units = units;
    this.#limit = limit;
    this.#frames = frames;
    this.#room = limit.most - limit.overhead;
    const { starts, ends } = groupsOf(units);
    this.#starts = starts;
    this.#ends = ends;
    const sums = [0];
    for (const { tokens } of units) sums.push(sums.at(-1)! + tokens);
    this.#sums = sums;
  }

  /** @param overlapTokens that two passages may have in common, at most */
  *pack(overlapTokens: number): Generator<Span, void, undefined> {
    while (this.#covered < this.#units.length) {
      const end = this.#nextEnd();
      const first = this.#first;
      const isBare = this.#isTooLong(first, end);
      yield isBare ? this.#spanOf(first, end, { before: "", after: "" }) : this.#spanOf(first, end);
      this.#covered = end;
      this.#first = this.#overlapStart(end, overlapTokens);
    }
  }

  /** The end of the next passage. Its beginning moves on where it has to. */
  #nextEnd(): number {
    const covered = this.#covered;
    // What is new has to fit, all of it if it is one thing, so overlap gives way.
    const groupEnd = this.#ends[covered]!;
    const isOne = this.#units[groupEnd - 1]!.block.frame !== undefined;
    const needed = isOne && this.#sums[groupEnd]! - this.#sums[covered]! <= this.#room ? groupEnd : covered + 1;
    while (this.#first < covered && this.#tokensOf(this.#first, needed) > this.#room) this.#first++;
    let end = needed;
    while (end < this.#units.length && this.#tokensOf(this.#first, end + 1) <= this.#room) end++;
    // The sum is that of the whole with most tokenizers, not with all.
    while (end > covered + 1 && this.#isTooLong(this.#first, end)) end--;
    end = this.#bestEnd(end);
    while (this.#first < covered && this.#isTooLong(this.#first, end)) this.#first++;
    // One that ends earlier may have lines around it that it didn't need before.
    while (end > covered + 1 && this.#isTooLong(this.#first, end)) end--;
    return end;
  }

  #tokensOf(first: number, end: number): number {
    const { overhead } = this.#limit;
    const around = this.#room - (this.#frames.limitOf(this.#units[first]!.block.frame).most - overhead);
    const { before, after } = this.#frames.around(this.#units, first, end);
    // Both are counted where there is one: they are few.
    return this.#sums[end]! - this.#sums[first]! + (before + after === "" ? 0 : around);
  }

  #spanOf(first: number, end: number, around = this.#frames.around(this.#units, first, end)): Span {
    const { start, block } = this.#units[first]!;
    return {
      start: around.before === "" ? start : startOfLine(this.#text, start),
      end: this.#units[end - 1]!.end,
      ...around,
      isHeading: block.kind === "heading",
    };
  }

  #isTooLong(first: number, end: number): boolean {
    const { start, end: last, before, after } = this.#spanOf(first, end);
    // One unit alone was counted as it is.
    if (end - first === 1 && before + after === "") return false;
    return this.#limit.count(before + this.#text.slice(start, last) + after) > this.#limit.most;
  }

  /** The end of the passage, at `end` at the latest. */
  #bestEnd(end: number): number {
    const start = this.#starts[end];
    if (start === undefined || start === end) return end;
    if (start > this.#covered) {
      const { frame } = this.#units[end]!.block;
      const isWhole = frame !== undefined && this.#sums[this.#ends[start]!]! - this.#sums[start]! <= this.#room;
      const share = (this.#sums[start]! - this.#sums[this.#first]!) / this.#room;
      if (share >= (isWhole ? filled.frame : filled.paragraph) || this.#isHead(end - 1)) return start;
    }
    let at = end;
    while (at > this.#covered + 1 && this.#isHead(at - 1)) at--;
    return this.#isHead(at - 1) ? end : at;
  }

  /** Whether a unit can't be the last one: a heading, an opening fence, the header of a table. */
  #isHead(index: number): boolean {
    const { kind, frame, lastLine } = this.#units[index]!.block;
    return kind === "heading" || (frame !== undefined && frame.before !== "" && lastLine <= lastLineOf(frame));
  }

  /** The first unit of the next passage: sentences are repeated before sentences, lines before lines of the same. */
  #overlapStart(end: number, overlapTokens: number): number {
    const next = this.#units[end]?.block;
    let start = end;
    let tokens = 0;
    while (start > 0) {
      const { block, tokens: own } = this.#units[start - 1]!;
      const isAlike = block.kind !== "heading" && (block.frame === undefined || block.frame === next?.frame);
      tokens += own;
      if (!isAlike || tokens > overlapTokens) break;
      start--;
    }
    return start;
  }
}

/**
 * What should be in one passage: a paragraph, code, a table, with the headings above it.
 *
 * @returns for each unit the first one of its group, and behind the last
 */
function groupsOf(units: readonly Unit[]): { starts: number[]; ends: number[] } {
  const starts: number[] = [];
  for (const [index, { block }] of units.entries()) {
    const before = units[index - 1]?.block;
    const isSame =
      before !== undefined &&
      (before.kind === "heading" || before === block || (block.frame !== undefined && before.frame === block.frame));
    starts.push(isSame ? starts[index - 1]! : index);
  }
  const ends = new Array<number>(units.length);
  for (let index = units.length - 1; index >= 0; index--) {
    ends[index] = starts[index + 1] === starts[index] ? ends[index + 1]! : index + 1;
  }
  return { starts, ends };
}

/** Before the white space that a line begins with, where there is nothing else before. */
function startOfLine(text: string, start: number): number {
  let at = start;
  while (at > 0 && (text[at - 1] === " " || text[at - 1] === "\t")) at--;
  return at === 0 || text[at - 1] === "\n" ? at : start;
}
