/** Which units are a passage: as many as fit, ending where something ends. */
import { type FrameLimits, lastLineOf } from "./frame-limits.ts";
import type { TokenLimit, Unit } from "./units.ts";

export interface Span {
  /** The place in the text. */
  readonly start: number;
  readonly end: number;
  /** Around it, with their line ends; empty where nothing is needed. */
  readonly before: string;
  readonly after: string;
  /** Whether it begins with a heading. */
  readonly isHeading: boolean;
}

/** The shares of the room in a passage from which it may end before a paragraph, or before code or a table. */
const filled = { paragraph: 0.5, frame: 0.125 };

export function* packUnits(
  text: string,
  units: readonly Unit[],
  { count, most, overhead }: TokenLimit,
  frames: FrameLimits,
  overlapTokens: number,
): Generator<Span, void, undefined> {
  const room = most - overhead;
  const { starts, ends } = groupsOf(units);
  /** Tokens of all units before this one. */
  const sums = [0];
  for (const { tokens } of units) sums.push(sums.at(-1)! + tokens);
  const tokensOf = (first: number, end: number) => {
    const around = room - (frames.limitOf(units[first]!.block.frame).most - overhead);
    const { before, after } = frames.around(units, first, end);
    // Both are counted where there is one: they are few.
    return sums[end]! - sums[first]! + (before + after === "" ? 0 : around);
  };
  const spanOf = (first: number, end: number, around = frames.around(units, first, end)): Span => {
    const { start, block } = units[first]!;
    return {
      start: around.before === "" ? start : startOfLine(text, start),
      end: units[end - 1]!.end,
      ...around,
      isHeading: block.kind === "heading",
    };
  };
  const isTooLong = (first: number, end: number) => {
    const { start, end: last, before, after } = spanOf(first, end);
    // One unit alone was counted as it is.
    if (end - first === 1 && before + after === "") return false;
    return count(before + text.slice(start, last) + after) > most;
  };
  let first = 0;
  let covered = 0;
  while (covered < units.length) {
    // What is new has to fit, all of it if it is one thing, so overlap gives way.
    const groupEnd = ends[covered]!;
    const isWhole = units[groupEnd - 1]!.block.frame !== undefined && sums[groupEnd]! - sums[covered]! <= room;
    const needed = isWhole ? groupEnd : covered + 1;
    while (first < covered && tokensOf(first, needed) > room) first++;
    let end = needed;
    while (end < units.length && tokensOf(first, end + 1) <= room) end++;
    // The sum is that of the whole with most tokenizers, not with all.
    while (end > covered + 1 && isTooLong(first, end)) end--;
    end = bestEnd(end);
    while (first < covered && isTooLong(first, end)) first++;
    // One that ends earlier may have lines around it that it didn't need before.
    while (end > covered + 1 && isTooLong(first, end)) end--;
    yield isTooLong(first, end) ? spanOf(first, end, { before: "", after: "" }) : spanOf(first, end);
    covered = end;
    first = overlapStart(end);
  }

  /** The end of the passage, at `end` at the latest. */
  function bestEnd(end: number): number {
    const start = starts[end];
    if (start === undefined || start === end) return end;
    if (start > covered) {
      const { frame } = units[end]!.block;
      const isWhole = frame !== undefined && sums[ends[start]!]! - sums[start]! <= room;
      const share = (sums[start]! - sums[first]!) / room;
      if (share >= (isWhole ? filled.frame : filled.paragraph) || isHead(end - 1)) return start;
    }
    let at = end;
    while (at > covered + 1 && isHead(at - 1)) at--;
    return isHead(at - 1) ? end : at;
  }

  /** Whether a unit can't be the last one: a heading, an opening fence, the header of a table. */
  function isHead(index: number): boolean {
    const { kind, frame, lastLine } = units[index]!.block;
    return kind === "heading" || (frame !== undefined && frame.before !== "" && lastLine <= lastLineOf(frame));
  }

  /** Sentences are repeated before sentences, lines before lines of the same. */
  function overlapStart(end: number): number {
    const next = units[end]?.block;
    let start = end;
    let tokens = 0;
    while (start > 0) {
      const { block, tokens: own } = units[start - 1]!;
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
