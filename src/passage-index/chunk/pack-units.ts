/** Packs units into passages: as many as fit, ending at the end of a paragraph, code or table if possible. */
import { type FrameLimits, lastLineOf } from "./frame-limits.ts";
import type { TokenLimit, Unit } from "./units.ts";

export interface Span {
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
  /** Lines to put around it, with their line ends; empty for none. */
  readonly before: string;
  readonly after: string;
  /** Whether it begins with a heading. */
  readonly isHeading: boolean;
}

/** Shares of the maximum tokens from which a passage may end before a paragraph, or before code or a table. */
const filled = { paragraph: 0.5, frame: 0.125 };

/** Packs the units of one section. */
export class UnitPacker {
  readonly #text: string;
  readonly #units: readonly Unit[];
  readonly #limit: TokenLimit;
  readonly #frames: FrameLimits;
  /** Maximum tokens of the units of a passage. */
  readonly #room: number;
  /** First unit, and end, of the group of each unit. */
  readonly #starts: readonly number[];
  readonly #ends: readonly number[];
  /** Cumulative tokens: those of all units before each. */
  readonly #sums: readonly number[];
  /** First unit of the current passage, and number of units that are in passages already. */
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

  /** @param overlapTokens maximum tokens that two adjacent passages share */
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

  /** The end of the next passage. Moves its beginning if necessary. */
  #nextEnd(): number {
    const covered = this.#covered;
    // The next unit has to fit, with all of its code or table if possible; overlap gives way to it.
    const groupEnd = this.#ends[covered]!;
    const isOne = this.#units[groupEnd - 1]!.block.frame !== undefined;
    const needed = isOne && this.#sums[groupEnd]! - this.#sums[covered]! <= this.#room ? groupEnd : covered + 1;
    while (this.#first < covered && this.#tokensOf(this.#first, needed) > this.#room) this.#first++;
    let end = needed;
    while (end < this.#units.length && this.#tokensOf(this.#first, end + 1) <= this.#room) end++;
    // The tokens of the whole are the sum with most tokenizers, not with all.
    while (end > covered + 1 && this.#isTooLong(this.#first, end)) end--;
    end = this.#bestEnd(end);
    while (this.#first < covered && this.#isTooLong(this.#first, end)) this.#first++;
    // A passage that ends earlier may need lines around it that it didn't need before.
    while (end > covered + 1 && this.#isTooLong(this.#first, end)) end--;
    return end;
  }

  #tokensOf(first: number, end: number): number {
    const { overhead } = this.#limit;
    const around = this.#room - (this.#frames.limitOf(this.#units[first]!.block.frame).most - overhead);
    const { before, after } = this.#frames.around(this.#units, first, end);
    // Both are counted even if only one is there: they are short.
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
    // A single unit was counted as it is.
    if (end - first === 1 && before + after === "") return false;
    return this.#limit.count(before + this.#text.slice(start, last) + after) > this.#limit.most;
  }

  /** The best end of the passage, not after `end`. */
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

  /** Whether a unit can't be the last of a passage: a heading, an opening fence, the header of a table. */
  #isHead(index: number): boolean {
    const { kind, frame, lastLine } = this.#units[index]!.block;
    return kind === "heading" || (frame !== undefined && frame.before !== "" && lastLine <= lastLineOf(frame));
  }

  /** First unit of the next passage: sentences are repeated before sentences, lines before lines of the same frame. */
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
 * Groups of units that should be in one passage: a paragraph, code or a table, with the headings above it.
 *
 * @returns the first unit and the end of each unit's group
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

/** The start of the line, if there is only white space before `start`; else `start`. */
function startOfLine(text: string, start: number): number {
  let at = start;
  while (at > 0 && (text[at - 1] === " " || text[at - 1] === "\t")) at--;
  return at === 0 || text[at - 1] === "\n" ? at : start;
}
