/**
 * From blocks to passages: whole sentences, as many as the token limit takes, the last ones repeated at the start of
 * the next passage. A passage is a piece of its file's text, unchanged, from the first of its units to the last.
 */
import type { Block, Section } from "./block.ts";
import { type TokenLimit, type Unit, unitsOfBlock } from "./units.ts";

export interface ChunkOptions {
  /**
   * Tokens of a text as the model takes it in, special tokens and prompt included. It may stop counting above
   * `maxTokens`, and need not be additive.
   */
  readonly countTokens: (text: string) => number;
  /** That a passage may have, special tokens and prompt included: more than those alone. */
  readonly maxTokens: number;
  /** At most so many tokens of whole sentences stand in two passages that follow each other. */
  readonly overlapTokens: number;
}

export interface Chunk {
  readonly text: string;
  /** Of the file, counted from 1; the last one included. */
  readonly firstLine: number;
  readonly lastLine: number;
  readonly section: Section;
}

/** A passage doesn't reach over so many lines without text, which would be in it. */
const longestGap = 1000;

/** The passages of blocks that follow each other in a file. Passages don't reach over the border of two sections. */
export function* chunkBlocks(blocks: readonly Block[], options: ChunkOptions): Generator<Chunk, void, undefined> {
  const { countTokens: count, maxTokens: most, overlapTokens } = options;
  const limit: TokenLimit = { count, most, overhead: count("") };
  for (let first = 0; first < blocks.length; ) {
    const { section } = blocks[first]!;
    let end = first + 1;
    const goesOn = (next: Block | undefined) =>
      next?.section === section && next.firstLine - blocks[end - 1]!.lastLine < longestGap;
    while (goesOn(blocks[end])) end++;
    yield* chunkSection(blocks.slice(first, end), limit, overlapTokens);
    first = end;
  }
}

function* chunkSection(
  blocks: readonly Block[],
  limit: TokenLimit,
  overlapTokens: number,
): Generator<Chunk, void, undefined> {
  const { text, offsets } = joined(blocks);
  const units = blocks.flatMap((block, index) => [...unitsOfBlock(text, block, offsets[index]!, limit)]);
  const { section } = blocks[0]!;
  let line = blocks[0]!.firstLine;
  let counted = 0;
  for (const [start, end] of packUnits(text, units, limit, overlapTokens)) {
    // A passage may start before the one before ended, but never before that one started.
    line += newlines(text, counted, start);
    counted = start;
    const [firstLine, lastLine] = section.lines ?? [line, line + newlines(text, start, end)];
    yield { text: text.slice(start, end), firstLine, lastLine, section };
  }
}

/** `[start, end)` of each passage. */
function* packUnits(
  text: string,
  units: readonly Unit[],
  { count, most, overhead }: TokenLimit,
  overlapTokens: number,
): Generator<[start: number, end: number], void, undefined> {
  const room = most - overhead;
  let first = 0;
  let covered = 0;
  while (covered < units.length) {
    // One unit that is new has to fit, so overlap gives way.
    let tokens = 0;
    for (let index = first; index <= covered; index++) tokens += units[index]!.tokens;
    while (first < covered && tokens > room) tokens -= units[first++]!.tokens;
    let end = covered + 1;
    while (end < units.length && tokens + units[end]!.tokens <= room) tokens += units[end++]!.tokens;
    // The sum is that of the whole with most tokenizers, not with all.
    const isTooLong = () => end - first > 1 && count(text.slice(units[first]!.start, units[end - 1]!.end)) > most;
    while (end > covered + 1 && isTooLong()) end--;
    while (isTooLong()) first++;
    yield [units[first]!.start, units[end - 1]!.end];
    covered = end;
    let overlap = 0;
    let next = end;
    while (next - 1 > first && overlap + units[next - 1]!.tokens <= overlapTokens) overlap += units[--next]!.tokens;
    first = next;
  }
}

/** The text of the blocks as it stood in the file, but for the white space of blank lines. */
function joined(blocks: readonly Block[]): { text: string; offsets: number[] } {
  const parts: string[] = [];
  const offsets: number[] = [];
  let size = 0;
  let line = blocks[0]!.firstLine;
  for (const block of blocks) {
    const gap = "\n".repeat(block.firstLine - line);
    offsets.push(size + gap.length);
    parts.push(gap, block.text);
    size += gap.length + block.text.length;
    line = block.lastLine;
  }
  return { text: parts.join(""), offsets };
}

function newlines(text: string, start: number, end: number): number {
  // Of the piece alone: in the whole, a search without success would go to its end.
  return text.slice(start, end).split("\n").length - 1;
}
