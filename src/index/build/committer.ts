/**
 * Gathers new parts to windows, which are embedded and committed as a whole. One window is embedded while the one before
 * is committed and the next one read; at most three are in memory.
 */
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { rowsBetween } from "../../tensor/rows.ts";
import { type Block, weightOf } from "../chunk/block.ts";
import { type ChunkOptions, chunkBlocks } from "../chunk/chunk.ts";
import type { IndexStore, NewPart, PartKey, Passage, StoredPart } from "../store.ts";

/**
 * A window is worth sorting by length and is embedded in seconds: so much a kill costs. Passages, and UTF-16 code units
 * of them.
 */
const mostPassages = 8192;
const mostCharacters = 512 * 1024;

/** Parts to remove that have gathered are a window, too. */
const mostRemoved = 1000;

interface ChunkedPart extends StoredPart {
  readonly passages: readonly Passage[];
  /** Of each passage, what it is embedded behind. */
  readonly contexts: readonly string[];
}

export class Committer {
  readonly #store: IndexStore;
  readonly #model: SentenceTransformer;
  readonly #chunking: ChunkOptions;
  readonly #signal: AbortSignal | undefined;
  readonly #onCommit: () => void;
  #parts: ChunkedPart[] = [];
  #removed: PartKey[] = [];
  #passages = 0;
  #characters = 0;
  #embedding: Promise<NewPart[]> | undefined;
  #embeddingRemoved: PartKey[] = [];
  #committing: Promise<void> = Promise.resolve();
  /** Passages that are committed. */
  embedded = 0;

  constructor(
    store: IndexStore,
    model: SentenceTransformer,
    chunking: ChunkOptions,
    signal: AbortSignal | undefined,
    onCommit: () => void,
  ) {
    this.#store = store;
    this.#model = model;
    this.#chunking = chunking;
    this.#signal = signal;
    this.#onCommit = onCommit;
  }

  async add(part: StoredPart, blocks: readonly Block[]): Promise<void> {
    const chunks = [...chunkBlocks(blocks, this.#chunking)];
    const passages = chunks.map(({ text, firstLine, lastLine, section }, index) => ({
      id: `${part.file}#${part.part}.${index}`,
      file: part.file,
      firstLine,
      lastLine,
      text,
      metadata: section.metadata,
    }));
    this.#parts.push({ ...part, passages, contexts: chunks.map(({ context }) => context) });
    this.#passages += passages.length;
    const weights = new Map(chunks.map(({ section }) => [section, weightOf(section)]));
    for (const { text, section } of chunks) this.#characters += text.length + weights.get(section)!;
    if (this.#passages >= mostPassages || this.#characters >= mostCharacters) await this.#turn();
  }

  async remove(keys: readonly PartKey[]): Promise<void> {
    for (const key of keys) {
      this.#removed.push(key);
      if (this.#removed.length >= mostRemoved) await this.#turn();
    }
  }

  /** Commits what has gathered. */
  async finish(): Promise<void> {
    await this.#turn();
    await this.#turn();
    await this.#committing;
  }

  /** The window that was embedded is committed, the one that has gathered is embedded. */
  async #turn(): Promise<void> {
    const next = this.#parts.length === 0 ? Promise.resolve([]) : this.#embed(this.#parts);
    next.catch(() => {});
    const removed = this.#removed;
    this.#parts = [];
    this.#removed = [];
    this.#passages = 0;
    this.#characters = 0;
    const done = await this.#embedding;
    await this.#committing;
    if (done !== undefined) this.#committing = this.#commit(done, this.#embeddingRemoved);
    this.#committing.catch(() => {});
    this.#embedding = next;
    this.#embeddingRemoved = removed;
  }

  async #commit(parts: NewPart[], removed: PartKey[]): Promise<void> {
    if (parts.length + removed.length === 0) return;
    await this.#store.update({ parts, removed });
    for (const { passages } of parts) this.embedded += passages.length;
    this.#onCommit();
  }

  async #embed(parts: readonly ChunkedPart[]): Promise<NewPart[]> {
    const { isNormalized } = this.#store.description;
    const texts = parts.flatMap(({ passages, contexts }) => passages.map(({ text }, at) => contexts[at]! + text));
    const embeddings = await this.#model.encodeDocument(texts, {
      normalizeEmbeddings: isNormalized,
      ...(this.#signal && { signal: this.#signal }),
    });
    let row = 0;
    return parts.map(({ contexts: _, ...part }) => {
      const count = part.passages.length;
      row += count;
      return { ...part, embeddings: rowsBetween(embeddings, row - count, row) };
    });
  }
}
