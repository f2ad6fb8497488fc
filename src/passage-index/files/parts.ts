/**
 * The parts of a file: some ten thousand characters each, with a hash of everything that its passages and embeddings
 * depend on. A part whose hash is in the index isn't chunked or embedded again.
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
 * UTF-16 code units at which a part ends: few enough that appending to a file or a kill costs little, and enough that
 * the boundaries, which no passage spans, don't matter.
 */
const partSize = 16_384;

/** @param settings everything else that passages and embeddings depend on */
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
    // Not between a heading and the text below it, unless there are only headings.
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
