/**
 * Divides blocks into passages: whole sentences and lines, as many as the token limit allows. A passage ends where a
 * paragraph, code or a table does, if possible; its last sentences are repeated at the start of the next one. It is an
 * unchanged piece of its file's text, from its first unit to its last; only if code or a table had to be divided, each
 * piece gets the lines that complete it (`Frame`).
 */
import type { Block, Section } from "./block.ts";
import { contextOf } from "./context.ts";
import { FrameLimits } from "./frame-limits.ts";
import { UnitPacker } from "./pack-units.ts";
import { type TokenLimit, unitsOfBlock } from "./units.ts";

export interface ChunkOptions {
  /**
   * Counts the tokens of a text as the model encodes it, special tokens and prompt included. It may stop counting above
   * `maxTokens`, and need not be additive.
   */
  readonly countTokens: (text: string) => number;
  /** Maximum tokens of a passage, including its context, special tokens and prompt. */
  readonly maxTokens: number;
  /** Maximum tokens of whole sentences that two adjacent passages share. */
  readonly overlapTokens: number;
}

export interface Chunk {
  readonly text: string;
  /** Lines of the file, counted from 1; the last one included. */
  readonly firstLine: number;
  readonly lastLine: number;
  readonly section: Section;
  /**
   * The headings above, with a line end, which are put before the text for its embedding. Empty for a text that begins
   * with its own heading.
   */
  readonly context: string;
  /** Lines at the start and end of `text` that are not there in the file; empty for none. */
  readonly added: { readonly before: string; readonly after: string };
}

/** The passages of successive blocks of a file. No passage spans two sections. */
export function* chunkBlocks(blocks: readonly Block[], options: ChunkOptions): Generator<Chunk, void, undefined> {
  const overhead = options.countTokens("");
  for (const run of sectionsOf(blocks)) yield* chunkSection(run.blocks, run.section, options, overhead);
}

interface Run {
  section: Section;
  readonly blocks: Block[];
  /** Whether it has headings only. */
  isBare: boolean;
}

/** Lines without text that a passage doesn't span, since it would contain them. */
const longestGap = 1000;

/** The blocks of each section. Headings without text below them go to the next section. */
function sectionsOf(blocks: readonly Block[]): Run[] {
  const runs: Run[] = [];
  for (const block of blocks) {
    let run = runs.at(-1);
    const isFar = run !== undefined && block.firstLine - run.blocks.at(-1)!.lastLine >= longestGap;
    if (run === undefined || isFar || (block.section !== run.section && !run.isBare)) {
      run = { section: block.section, blocks: [], isBare: true };
      runs.push(run);
    }
    run.blocks.push(block);
    run.section = block.section;
    run.isBare &&= block.kind === "heading";
  }
  const last = runs.at(-1);
  // Those at the end of the file go to the previous section.
  const before = runs.at(-2);
  if (last?.isBare && before !== undefined && last.blocks[0]!.firstLine - before.blocks.at(-1)!.lastLine < longestGap) {
    before.blocks.push(...last.blocks);
    runs.pop();
  }
  return runs;
}

function* chunkSection(
  blocks: readonly Block[],
  section: Section,
  { countTokens, maxTokens, overlapTokens }: ChunkOptions,
  overhead: number,
): Generator<Chunk, void, undefined> {
  const context = contextOf(section, { count: countTokens, most: maxTokens, overhead });
  const limit: TokenLimit = { count: countTokens, most: maxTokens - context.tokens, overhead };
  const { text, offsets } = joined(blocks);
  const frames = new FrameLimits(limit);
  const units = blocks.flatMap((block, index) => [
    ...unitsOfBlock(text, block, offsets[index]!, frames.limitOf(block.frame)),
  ]);
  let line = blocks[0]!.firstLine;
  let counted = 0;
  const spans = new UnitPacker(text, units, limit, frames).pack(overlapTokens);
  for (const { start, end, before, after, isHeading } of spans) {
    // A passage may start before the end of the previous one, but never before its start.
    line += newlines(text, counted, start);
    counted = start;
    const [firstLine, lastLine] = section.lines ?? [line, line + newlines(text, start, end)];
    yield {
      text: before + text.slice(start, end) + after,
      firstLine,
      lastLine,
      section,
      context: isHeading ? "" : context.text,
      added: { before, after },
    };
  }
}

/** The text of the blocks as in the file, without the white space of blank lines. */
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
  // In the slice only: in the whole text, an unsuccessful search would go to its end.
  return text.slice(start, end).split("\n").length - 1;
}
