/**
 * Gathers new parts into windows, which are embedded and committed as a whole. One window is embedded while the
 * previous one is committed and the next one is read; at most three are in memory.
 */
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { rowsBetween } from "../../tensor/rows.ts";
import { type Block, weightOf } from "../chunk/block.ts";
import { type ChunkOptions, chunkBlocks } from "../chunk/chunk.ts";
import type { IndexStore, NewPart, PartKey, Passage, StoredPart } from "../store.ts";

/**
 * Maximum size of a window in passages and in UTF-16 code units: enough that sorting by length pays, and it fits into
 * memory several times.
 */
const mostPassages = 8192;
const mostCharacters = 512 * 1024;

/** Size of the first window, which measures the speed of the model, as a share of the largest. */
const firstShare = 1 / 64;

/** Milliseconds in which a window should be embedded. A kill loses at most two windows and a part. */
const usualInterval = 2000;

/** Parts to remove that make a window. */
const mostRemoved = 1000;

interface ChunkedPart extends StoredPart {
  readonly passages: readonly Passage[];
  /** The context that is put before each passage for its embedding. */
  readonly contexts: readonly string[];
}

/** The store that parts are committed to, and how passages and embeddings are made of them. */
export interface CommitTarget {
  readonly store: IndexStore;
  readonly model: SentenceTransformer;
  readonly chunking: ChunkOptions;
}

export interface CommitOptions {
  readonly onCommit: () => void;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds of embedding between two commits. Default: 2000. */
  readonly interval?: number | undefined;
}

export class Committer {
  readonly #store: IndexStore;
  readonly #model: SentenceTransformer;
  readonly #chunking: ChunkOptions;
  readonly #signal: AbortSignal | undefined;
  readonly #onCommit: () => void;
  readonly #interval: number;
  #parts: ChunkedPart[] = [];
  #removed: PartKey[] = [];
  /** Size of the current window as a share of the largest. */
  #share = 0;
  #wantedShare = firstShare;
  #lastAdvance = performance.now();
  #embedding: Promise<NewPart[]> | undefined;
  #embeddingRemoved: PartKey[] = [];
  #committing: Promise<void> = Promise.resolve();
  /** Passages that have been committed. */
  embedded = 0;

  constructor({ store, model, chunking }: CommitTarget, options: CommitOptions) {
    this.#store = store;
    this.#model = model;
    this.#chunking = chunking;
    this.#signal = options.signal;
    this.#onCommit = options.onCommit;
    this.#interval = options.interval ?? usualInterval;
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
    const weights = new Map(chunks.map(({ section }) => [section, weightOf(section)]));
    let characters = 0;
    for (const { text, section } of chunks) characters += text.length + weights.get(section)!;
    this.#share += Math.max(passages.length / mostPassages, characters / mostCharacters);
    if (this.#share >= this.#wantedShare) await this.#advance();
  }

  /** Commits a small window that has waited for an interval, because little of what is read is new. */
  async keepUp(): Promise<void> {
    const waiting = this.#parts.length + this.#removed.length + this.#embeddingRemoved.length;
    if ((waiting > 0 || this.#embedding !== undefined) && performance.now() - this.#lastAdvance >= this.#interval)
      await this.#advance();
  }

  async remove(keys: readonly PartKey[]): Promise<void> {
    for (const key of keys) {
      this.#removed.push(key);
      if (this.#removed.length >= mostRemoved) await this.#advance();
    }
  }

  /** Commits everything that has been added. */
  async finish(): Promise<void> {
    await this.#advance();
    await this.#advance();
    await this.#committing;
  }

  /** Commits the window that was being embedded, and starts to embed the current one. */
  async #advance(): Promise<void> {
    const next = this.#parts.length === 0 ? undefined : this.#embed(this.#parts, this.#share);
    next?.catch(() => {});
    const removed = this.#removed;
    this.#parts = [];
    this.#removed = [];
    this.#share = 0;
    const done = await this.#embedding;
    await this.#committing;
    this.#committing = this.#commit(done ?? [], this.#embeddingRemoved);
    this.#committing.catch(() => {});
    this.#embedding = next;
    this.#embeddingRemoved = removed;
    this.#lastAdvance = performance.now();
  }

  async #commit(parts: NewPart[], removed: PartKey[]): Promise<void> {
    if (parts.length + removed.length === 0) return;
    await this.#store.update({ parts, removed });
    for (const { passages } of parts) this.embedded += passages.length;
    this.#onCommit();
  }

  /** @param share size of these parts as a share of the largest window */
  async #embed(parts: readonly ChunkedPart[], share: number): Promise<NewPart[]> {
    const { isNormalized } = this.#store.description;
    const started = performance.now();
    const before = this.#embedding?.then(
      () => performance.now(),
      () => started,
    );
    const texts = parts.flatMap(({ passages, contexts }) => passages.map(({ text }, at) => contexts[at]! + text));
    const embeddings = await this.#model.encodeDocument(texts, {
      normalizeEmbeddings: isNormalized,
      ...(this.#signal && { signal: this.#signal }),
    });
    // Measured from when the model was free.
    const took = performance.now() - Math.max(started, (await before) ?? started);
    this.#wantedShare = Math.min(1, Math.max((share * this.#interval) / Math.max(took, 1), share / 4));
    let row = 0;
    return parts.map(({ contexts: _, ...part }) => {
      const count = part.passages.length;
      row += count;
      return { ...part, embeddings: rowsBetween(embeddings, row - count, row) };
    });
  }
}
