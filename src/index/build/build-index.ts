/**
 * Files into an index, so that it holds what they hold: parts that are new or changed are chunked and embedded, those of
 * files that are no longer among the inputs go, and all others are only read.
 *
 *     files -> blocks -> parts -> (new ones) passages -> embeddings -> store
 *
 * One commit every few seconds: a kill loses what came after the last one, and the next build goes on there.
 */

import { realpath } from "node:fs/promises";
import { defaultModel } from "#hub";
import type { LoadOptions } from "../../encode/options.ts";
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { HpdError } from "../../errors.ts";
import { formatVersion, type IndexDescription, type StoredPrecision } from "../description.ts";
import { blocksOfFile, type ReadOptions } from "../files/blocks-of-file.ts";
import { type FilePart, partsOf } from "../files/parts.ts";
import { type InputFile, walk } from "../files/walk.ts";
import { indexLocation } from "../location.ts";
import { type IdentifiedModel, openModel, requireSameModel } from "../open-model.ts";
import type { IndexStore, PartKey } from "../store.ts";
import { type ChunkSettings, chunkSettings } from "./chunk-settings.ts";
import { Committer } from "./committer.ts";

export interface BuildOptions {
  /** A folder, or a PostgreSQL database: `postgres://user@host/database?schema=notes`. */
  readonly out: string;
  /** A model folder, or an id of the hub. Default: the model that this package brings. */
  readonly model?: string;
  /** How to load it. */
  readonly load?: LoadOptions;
  /** Of the embeddings in a new index. Default `float32`. */
  readonly precision?: StoredPrecision;
  /** That a passage may have. Default: what the model takes, at most 256. */
  readonly chunkTokens?: number;
  /** Of whole sentences that two passages have in common. Default: an eighth of `chunkTokens`. */
  readonly overlapTokens?: number;
  /** Every line of a plain text is a passage. */
  readonly lines?: boolean;
  /** Of JSONL, CSV and TSV, the field that is the text. Default `text`. */
  readonly field?: string;
  readonly onProgress?: (progress: BuildProgress) => void;
  /** Stops the build between two commits; the promise rejects with the signal's reason, and the next build goes on. */
  readonly signal?: AbortSignal;
}

export interface BuildProgress {
  readonly files: number;
  readonly filesDone: number;
  /** Embedded and committed in this build. */
  readonly passages: number;
}

export interface BuildReport {
  /** Its name, which has no password in it. */
  readonly index: string;
  readonly files: number;
  /** Passages that are in the index now. */
  readonly passages: number;
  /** Of which this build has embedded. */
  readonly embedded: number;
  readonly changedFiles: number;
  readonly unchangedFiles: number;
  /** That were in the index and no longer are. */
  readonly removedFiles: number;
  /** That are in a folder and not in the index, and why. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
}

/**
 * @param inputs files and folders: Markdown, JSONL, CSV, TSV, and any other text, also as `.gz`
 * @throws HpdError `not_found` for an input that isn't there, or where LanceDB isn't installed; `invalid_argument` where
 *   the index has another model's embeddings, or another build is at work in it; as `SentenceTransformer.load` and the
 *   stores do; for a file that was named itself also what is wrong with it
 */
export async function buildIndex(inputs: readonly string[], options: BuildOptions): Promise<BuildReport> {
  const { out, signal } = options;
  const location = indexLocation(out);
  const files = await walk(inputs, await realpath(out).catch(() => undefined));
  // Before the model is loaded: what can't be opened is known at once.
  await using found = await location.open("write");
  await using model = await openModel(options.model ?? defaultModel(), { ...options.load, ...(signal && { signal }) });
  const settings = chunkSettings(model.model, options);
  if (found !== undefined) {
    requireSameModel(location.name, found.description, model);
    requireSamePrecision(location.name, found.description, options.precision);
  }
  await using created =
    found === undefined ? await location.create(describe(model, options.precision ?? "float32")) : undefined;
  const report = await build(files, (found ?? created)!, model.model, settings, options);
  return { index: location.name, ...report };
}

async function build(
  files: readonly InputFile[],
  store: IndexStore,
  model: SentenceTransformer,
  settings: ChunkSettings,
  { lines = false, field = "text", onProgress, signal }: BuildOptions,
): Promise<Omit<BuildReport, "index">> {
  const known = await knownParts(store);
  const counts = { changedFiles: 0, unchangedFiles: 0, removedFiles: 0 };
  const skipped: { file: string; reason: string }[] = [];
  let filesDone = 0;
  const committer = new Committer(store, model, settings, signal, () => report());
  const report = () => onProgress?.({ files: files.length, filesDone, passages: committer.embedded });
  const hashed = JSON.stringify([settings.identity, lines]);
  for (const file of files) {
    const before = known.get(file.path) ?? new Map<number, string>();
    known.delete(file.path);
    let isChanged = false;
    let isSkipped = false;
    for await (const part of partsOrProblem(file, hashed, { isLines: lines, field }, signal)) {
      signal?.throwIfAborted();
      if (part instanceof HpdError) {
        skipped.push({ file: file.path, reason: part.message });
        isSkipped = true;
        // What can't be opened may be there again next time; what is no text has no passages.
        if (part.code === "not_found") before.clear();
        break;
      }
      const isKnown = before.get(part.part) === part.hash;
      before.delete(part.part);
      if (isKnown) continue;
      isChanged = true;
      await committer.add({ file: file.path, part: part.part, hash: part.hash }, part.blocks);
    }
    isChanged ||= before.size > 0;
    await committer.remove(keysOf(file.path, before));
    if (isChanged) counts.changedFiles++;
    else if (!isSkipped) counts.unchangedFiles++;
    filesDone++;
    report();
  }
  for (const [file, parts] of known) {
    await committer.remove(keysOf(file, parts));
    counts.removedFiles++;
  }
  await committer.finish();
  signal?.throwIfAborted();
  if (counts.changedFiles + counts.removedFiles > 0) await store.optimize();
  return { files: files.length, passages: await store.count(), embedded: committer.embedded, ...counts, skipped };
}

/** The parts of a file; where it can't be read to its end, what is wrong with it, unless the user has named it. */
async function* partsOrProblem(
  { path, isNamed }: InputFile,
  settings: string,
  options: ReadOptions,
  signal: AbortSignal | undefined,
): AsyncGenerator<FilePart | HpdError, void, undefined> {
  try {
    yield* partsOf(blocksOfFile(path, options, signal), settings);
  } catch (error) {
    if (isNamed || !(error instanceof HpdError)) throw error;
    yield error;
  }
}

function keysOf(file: string, parts: ReadonlyMap<number, unknown>): PartKey[] {
  return [...parts.keys()].map((part) => ({ file, part }));
}

/** The hash of each part of each file. */
async function knownParts(store: IndexStore): Promise<Map<string, Map<number, string>>> {
  const files = new Map<string, Map<number, string>>();
  for (const { file, part, hash } of await store.parts()) {
    const parts = files.get(file) ?? new Map<number, string>();
    files.set(file, parts.set(part, hash));
  }
  return files;
}

function describe(
  { name, options, fingerprint, model }: IdentifiedModel,
  precision: StoredPrecision,
): IndexDescription {
  const { similarityFunction: similarity, dimension } = model;
  if (similarity === "manhattan") {
    throw new HpdError("unsupported", `${name} compares by manhattan distance, for which there is no index`);
  }
  return {
    formatVersion,
    model: { name, fingerprint, options },
    dimension,
    isNormalized: similarity === "cosine",
    similarity,
    precision,
  };
}

function requireSamePrecision(
  index: string,
  { precision }: IndexDescription,
  asked: StoredPrecision | undefined,
): void {
  if (asked === undefined || asked === precision) return;
  throw new HpdError(
    "invalid_argument",
    `${index} keeps embeddings as ${precision}, not ${asked}: leave the precision out, or build in another place`,
  );
}
