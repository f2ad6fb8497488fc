/** Documents as parts of a store, whose texts are divided and embedded as those of files are. */
import { createHash } from "node:crypto";
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { Embeddings } from "../../tensor/embeddings.ts";
import { rowsBetween } from "../../tensor/rows.ts";
import type { Block, Section } from "../chunk/block.ts";
import { type ChunkOptions, chunkBlocks } from "../chunk/chunk.ts";
import { blocksOfMarkdown } from "../chunk/markdown-blocks.ts";
import { blocksOfText } from "../chunk/text-blocks.ts";
import { partsOf } from "../files/parts.ts";
import type { Metadata, NewPart, Passage, StoredPart } from "../store.ts";
import type { CheckedDocument } from "./document.ts";
import { documentName } from "./names.ts";

/** Version of the parts: raised when the same document gives other passages. */
const version = 1;

/** A part that has no passages yet. */
export interface DocumentPart extends StoredPart {
  /** Blocks to be divided; undefined for a document that is one passage. */
  readonly blocks: readonly Block[] | undefined;
  readonly document: CheckedDocument;
}

/** The lines of a text. */
function linesOf(text: string): string[] {
  return text.split(/\r\n|\n/);
}

/** The blocks of a text, each with this metadata and that of its section. */
export async function* blocksOf(
  text: string,
  format: "text" | "markdown",
  metadata: Metadata,
): AsyncGenerator<Block, void, undefined> {
  if (format === "text") {
    yield* blocksOfText(linesOf(text), { metadata });
    return;
  }
  const sections = new Map<Section, Section>();
  for await (const block of blocksOfMarkdown(asyncLines(text))) {
    const { section } = block;
    const described = sections.get(section) ?? { ...section, metadata: { ...metadata, ...section.metadata } };
    sections.set(section, described);
    yield { ...block, section: described };
  }
}

async function* asyncLines(text: string): AsyncGenerator<string, void, undefined> {
  yield* linesOf(text);
}

/**
 * The parts of a document with their hashes.
 *
 * @param chunking undefined where every document is one passage
 */
export async function partsOfDocument(
  document: CheckedDocument,
  chunking: Pick<ChunkOptions, "maxTokens" | "overlapTokens"> | undefined,
): Promise<DocumentPart[]> {
  const { id, text, format, metadata, embedding } = document;
  const file = documentName(id);
  if (chunking === undefined || embedding !== undefined) {
    const hash = createHash("sha256").update(JSON.stringify([version, "whole", text, metadata]));
    if (embedding !== undefined) hash.update(new Uint8Array(embedding.buffer));
    return [{ file, part: 0, hash: hash.digest("hex").slice(0, 32), blocks: undefined, document }];
  }
  const settings = JSON.stringify([version, format, chunking.maxTokens, chunking.overlapTokens]);
  const parts: DocumentPart[] = [];
  for await (const { part, hash, blocks } of partsOf(blocksOf(text, format, metadata), settings)) {
    parts.push({ file, part, hash, blocks, document });
  }
  // Front matter alone has no blocks, and is a text all the same.
  return parts.length > 0 ? parts : partsOfDocument(document, undefined);
}

/** @throws HpdError as `SentenceTransformer.encode`; the signal's reason */
export async function embedParts(
  parts: readonly DocumentPart[],
  { model, isNormalized }: { readonly model: () => Promise<SentenceTransformer>; readonly isNormalized: boolean },
  chunking: ChunkOptions | undefined,
  signal: AbortSignal | undefined,
): Promise<NewPart[]> {
  const divided = parts.map((part) => ({ part, ...passagesOf(part, chunking) }));
  const texts = divided.flatMap(({ part, texts }) => (part.document.embedding === undefined ? texts : []));
  const options = { normalizeEmbeddings: isNormalized, ...(signal && { signal }) };
  const embeddings = texts.length === 0 ? undefined : await (await model()).encodeDocument(texts, options);
  let row = 0;
  return divided.map(({ part, passages }) => {
    const { blocks: _, document, ...stored } = part;
    if (document.embedding !== undefined) {
      return { ...stored, passages, embeddings: asRow(document.embedding, isNormalized) };
    }
    row += passages.length;
    return { ...stored, passages, embeddings: rowsBetween(embeddings!, row - passages.length, row) };
  });
}

function passagesOf(part: DocumentPart, chunking: ChunkOptions | undefined): { passages: Passage[]; texts: string[] } {
  const { file, blocks, document } = part;
  const chunks =
    blocks === undefined || chunking === undefined ? [wholeOf(document)] : [...chunkBlocks(blocks, chunking)];
  const passages = chunks.map(({ text, firstLine, lastLine, section }, index) => ({
    id: `${file}#${part.part}.${index}`,
    ...{ file, firstLine, lastLine, text },
    metadata: section.metadata,
  }));
  return { passages, texts: chunks.map(({ context, text }) => context + text) };
}

function wholeOf({ text, metadata }: CheckedDocument) {
  return { text, firstLine: 1, lastLine: linesOf(text).length, section: { metadata }, context: "" };
}

function asRow(vector: Float32Array, isNormalized: boolean): Embeddings {
  return new Embeddings(isNormalized ? unit(vector) : vector, 1, vector.length);
}

/** A copy of length 1; of a zero vector, zeros. */
function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}
