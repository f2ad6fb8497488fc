/** Divides a text into passages as an index does, for those who keep passages elsewhere. */
import { requireOneOf } from "../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import { SentenceTransformer } from "../encode/sentence-transformer.ts";
import { HpdError } from "../errors.ts";
import { chunkSettings } from "./build/chunk-settings.ts";
import type { Block } from "./chunk/block.ts";
import { chunkBlocks } from "./chunk/chunk.ts";
import { blocksOf } from "./documents/document-parts.ts";
import type { Metadata } from "./store.ts";

export interface ChunkTextOptions {
  /** The model whose tokens are counted. It stays the caller's. */
  readonly model: SentenceTransformer;
  /** Maximum tokens per passage, special tokens and prompt included. Default: the model's maximum, at most 256. */
  readonly chunkTokens?: number | undefined;
  /** Maximum tokens of whole sentences that two adjacent passages share. Default: an eighth of `chunkTokens`. */
  readonly overlapTokens?: number | undefined;
  /** Whether the text is divided at paragraphs, or as Markdown at its headings. Default `text`. */
  readonly format?: "text" | "markdown" | undefined;
}

const chunkTextOptions: OptionTable<ChunkTextOptions> = {
  model: "any",
  chunkTokens: "number",
  overlapTokens: "number",
  format: "string",
};

export interface TextChunk {
  readonly text: string;
  /** Lines of the text, counted from 1; the last one included. */
  readonly firstLine: number;
  readonly lastLine: number;
  /** Markdown has its front matter here, and `heading`, the headings above. */
  readonly metadata: Metadata;
  /** The text to embed: that of the passage, below the title and the headings that it doesn't begin with. */
  readonly embedText: string;
}

/**
 * Divides a text into passages of whole sentences and lines, as many as the limit allows, of one section each.
 *
 * @returns the passages in order; none for a text of white space
 * @throws HpdError `invalid_argument` for a limit that isn't the model's
 */
export async function chunkText(text: string, options: ChunkTextOptions): Promise<TextChunk[]> {
  const given = checkedOptions("chunkText", options, chunkTextOptions);
  const { model, chunkTokens, overlapTokens, format = "text" } = given;
  if (!(model instanceof SentenceTransformer)) {
    throw new HpdError(
      "invalid_argument",
      "model should be a loaded SentenceTransformer, by whose tokens texts are cut",
    );
  }
  if (typeof text !== "string") throw new HpdError("invalid_argument", `text should be a text, got ${typeof text}`);
  requireOneOf("format", format, ["text", "markdown"]);
  const blocks: Block[] = [];
  for await (const block of blocksOf(text, format, {})) blocks.push(block);
  const chunks = chunkBlocks(blocks, chunkSettings(model, chunkTokens, overlapTokens));
  return Array.from(chunks, ({ text, firstLine, lastLine, section, context }) => ({
    ...{ text, firstLine, lastLine },
    metadata: section.metadata,
    embedText: context + text,
  }));
}
