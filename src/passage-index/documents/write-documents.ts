/**
 * Adds, replaces and deletes documents. Whatever a call changes is one commit of the store: a kill leaves all of it or
 * nothing, and so readers see it.
 */
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { HpdError } from "../../errors.ts";
import { chunkSettings } from "../build/chunk-settings.ts";
import type { ChunkOptions } from "../chunk/chunk.ts";
import type { Condition } from "../filter.ts";
import type { IndexStore, PartKey, StoredPart } from "../store.ts";
import { type CheckedDocument, checkedDocuments, type PassageDocument, requireIds } from "./document.ts";
import { type DocumentPart, embedParts, partsOfDocument } from "./document-parts.ts";
import { documentIdOf, documentName, isDocument } from "./names.ts";

export interface WriteOptions {
  /**
   * Whether documents are divided into passages of the index's token limit. If not, each is one passage, of which the model
   * reads the beginning. Default true.
   */
  readonly chunk?: boolean | undefined;
  /** Stops the embedding; the promise rejects with the signal's reason, and nothing has changed. */
  readonly signal?: AbortSignal | undefined;
}

const writeOptions: OptionTable<WriteOptions> = { chunk: "boolean", signal: "signal" };

export interface WriteReport {
  /** Documents that are new, that took the place of one with the same id, and that were there as they are. */
  readonly added: number;
  readonly replaced: number;
  readonly unchanged: number;
  /** Passages that were embedded or came with an embedding. */
  readonly passages: number;
}

/** The index that documents are written to. */
export interface DocumentTarget {
  /** The index's name, for messages. */
  readonly name: string;
  /** The store as it is read. */
  readonly store: IndexStore;
  /** The index's model, loaded when it is first needed. */
  readonly model: () => Promise<SentenceTransformer>;
  /** Runs a call after those of before that concern one of the documents, or any for undefined; it is in line at once. */
  readonly inOrder: <T>(ids: readonly string[] | undefined, call: () => Promise<T>) => Promise<T>;
  /** Runs an update with the store to itself. */
  readonly write: <T>(work: (store: IndexStore) => Promise<T>, signal: AbortSignal | undefined) => Promise<T>;
}

/** A document whose parts aren't all in the index. */
interface ChangedDocument {
  readonly document: CheckedDocument;
  readonly parts: readonly DocumentPart[];
}

/**
 * @param mode `add` refuses a document whose id is in the index
 * @throws HpdError `invalid_argument`; as `SentenceTransformer.encode` and the stores
 */
export async function writeDocuments(
  target: DocumentTarget,
  mode: "add" | "upsert",
  given: readonly PassageDocument[],
  options: WriteOptions,
): Promise<WriteReport> {
  const { chunk = true, signal } = checkedOptions(mode, options, writeOptions);
  const documents = checkedDocuments(given, target.store.description.dimension);
  const ids = documents.map(({ id }) => id);
  return target.inOrder(ids, () => writeChecked(target, mode, documents, chunk, signal));
}

async function writeChecked(
  target: DocumentTarget,
  mode: "add" | "upsert",
  documents: readonly CheckedDocument[],
  chunk: boolean,
  signal: AbortSignal | undefined,
): Promise<WriteReport> {
  const { description } = target.store;
  const files = documents.map(({ id }) => documentName(id));
  const before = byFile(await target.store.parts(files));
  if (mode === "add") requireNew(target.name, before.keys());
  const needsChunks = chunk && documents.some(({ embedding }) => embedding === undefined);
  const chunking = needsChunks ? chunkingOf(await target.model(), description.settings) : undefined;
  const changed: ChangedDocument[] = [];
  for (const document of documents) {
    const parts = await partsOfDocument(document, chunking);
    if (!isSame(parts, before.get(documentName(document.id)))) changed.push({ document, parts });
  }
  if (changed.length === 0) return { added: 0, replaced: 0, unchanged: documents.length, passages: 0 };
  const { isNormalized } = description;
  // Before the store is locked: others may write meanwhile.
  const parts = await embedParts(
    changed.flatMap((each) => each.parts),
    { model: target.model, isNormalized },
    chunking,
    signal,
  );
  const replaced = await target.write(async (store) => {
    const there = await store.parts(changed.map(({ document }) => documentName(document.id)));
    if (mode === "add") requireNew(target.name, byFile(there).keys());
    const kept = new Set(parts.map(keyText));
    await store.update({ parts, removed: there.filter((part) => !kept.has(keyText(part))) });
    return byFile(there).size;
  }, signal);
  const passages = parts.reduce((sum, part) => sum + part.passages.length, 0);
  return { added: changed.length - replaced, replaced, unchanged: documents.length - changed.length, passages };
}

/** @returns the number of documents that were there. @throws HpdError `invalid_argument`; as the stores */
export async function deleteDocuments(target: DocumentTarget, ids: readonly string[]): Promise<number> {
  requireIds(ids);
  if (ids.length === 0) return 0;
  const names = [...new Set(ids)].map(documentName);
  return target.inOrder(ids, () => deleteNamed(target, async () => names));
}

/** @param conditions which some passage of a document satisfies. @returns the number of documents. @throws as the stores */
export function deleteDocumentsWith(target: DocumentTarget, conditions: readonly Condition[]): Promise<number> {
  return deleteNamed(target, async (store) => (await store.filesWith(conditions)).filter(isDocument));
}

/** Deletes what is chosen while nobody else writes. */
function deleteNamed(
  { write }: DocumentTarget,
  choose: (store: IndexStore) => Promise<readonly string[]>,
): Promise<number> {
  return write(async (store) => {
    const removed = await store.parts(await choose(store));
    if (removed.length > 0) await store.update({ parts: [], removed });
    return byFile(removed).size;
  }, undefined);
}

function chunkingOf(
  model: SentenceTransformer,
  settings: { chunkTokens: number; overlapTokens: number },
): ChunkOptions {
  return chunkSettings(model, settings.chunkTokens, settings.overlapTokens);
}

function isSame(parts: readonly StoredPart[], before: readonly StoredPart[] = []): boolean {
  const hashes = new Map(before.map(({ part, hash }) => [part, hash]));
  return parts.length === before.length && parts.every(({ part, hash }) => hashes.get(part) === hash);
}

function byFile(parts: readonly StoredPart[]): Map<string, StoredPart[]> {
  const files = new Map<string, StoredPart[]>();
  for (const part of parts) files.set(part.file, [...(files.get(part.file) ?? []), part]);
  return files;
}

function keyText({ file, part }: PartKey): string {
  return `${part} ${file}`;
}

/** @throws HpdError `invalid_argument` */
function requireNew(index: string, files: Iterable<string>): void {
  for (const file of files) {
    const id = JSON.stringify(documentIdOf(file));
    throw new HpdError("invalid_argument", `${index} has a document ${id} already: upsert replaces it`);
  }
}
