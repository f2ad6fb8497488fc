/**
 * The parts of a file: some ten thousand characters each, with a hash of all that its passages and embeddings
 * come from. A part with the hash of one that the index has isn't chunked or embedded again.
 */
import { createHash } from "node:crypto";
import { type Block, type Section, weightOf } from "../chunk/block.ts";

export interface FilePart {
  /** Counted from 0. */
  readonly part: number;
  readonly hash: string;
  readonly blocks: readonly Block[];
}

/**
 * In UTF-16 code units, when a part ends: little enough that appending to a file or a kill costs little, and enough
 * that the seams, over which no passage reaches, don't matter.
 */
const partSize = 16_384;

/** @param settings whatever else passages and embeddings depend on, the same for the whole build */
export async function* partsOf(
  blocks: AsyncIterable<Block>,
  settings: string,
): AsyncGenerator<FilePart, void, undefined> {
  let part = 0;
  let gathered: Block[] = [];
  let size = 0;
  let section: Section | undefined;
  for await (const block of blocks) {
    gathered.push(block);
    size += block.text.length;
    if (block.section !== section) size += weightOf(block.section);
    section = block.section;
    // Not between a heading and what stands below it, unless there are nothing but headings.
    if (size < partSize || (block.kind === "heading" && size < 2 * partSize)) continue;
    yield { part: part++, hash: hashOf(gathered, settings), blocks: gathered };
    gathered = [];
    size = 0;
  }
  if (gathered.length > 0) yield { part, hash: hashOf(gathered, settings), blocks: gathered };
}

function hashOf(blocks: readonly Block[], settings: string): string {
  const hash = createHash("sha256").update(settings);
  for (const { kind, text, firstLine, lastLine, section, frame } of blocks) {
    const { metadata, lines, context } = section;
    const framed = frame && [frame.firstLine, frame.before, frame.after];
    hash.update(JSON.stringify([kind, text, firstLine, lastLine, metadata, lines, context, framed]));
  }
  return hash.digest("hex").slice(0, 32);
}
