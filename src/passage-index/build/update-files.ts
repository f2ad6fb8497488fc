/**
 * What the inputs hold against what the index holds: parts that are new or changed are embedded, parts and files that
 * are no longer there go, and all others are only read.
 */
import { isDeepStrictEqual } from "node:util";
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { HpdError } from "../../errors.ts";
import type { ChunkOptions } from "../chunk/chunk.ts";
import type { BuildSettings } from "../description.ts";
import { blocksOfFile, type ReadOptions } from "../files/blocks-of-file.ts";
import { type FilePart, partsOf } from "../files/parts.ts";
import type { InputFile, Inputs } from "../files/walk.ts";
import type { IndexStore, PartKey } from "../store.ts";
import type { BuildOptions, BuildReport } from "./build-options.ts";
import { Committer } from "./committer.ts";

/** Goes up when the same text and settings come to give other passages. */
const version = 2;

/** What is built, and how. */
export interface IndexToBuild {
  readonly store: IndexStore;
  readonly model: SentenceTransformer;
  readonly chunking: ChunkOptions;
  /** They are written down where they are new. */
  readonly settings: BuildSettings;
}

/** @param known files and parts of the index; what is left of them at the end was removed */
export async function updateFiles(
  inputs: Inputs,
  known: Map<string, Map<number, string>>,
  { store, model, chunking, settings }: IndexToBuild,
  { onProgress, signal }: BuildOptions,
): Promise<Omit<BuildReport, "index">> {
  const { files, unreadable } = inputs;
  keepUnreadable(inputs, known);
  if (!isDeepStrictEqual(settings, store.description.settings)) await store.keepSettings(settings);
  const counts = { changedFiles: 0, unchangedFiles: 0, removed: [] as string[] };
  const skipped = unreadable.map(({ folder, reason }) => ({ file: folder, reason }));
  let filesDone = 0;
  const committer = new Committer(store, model, chunking, signal, () => report());
  const report = () =>
    onProgress?.({ stage: "index", done: filesDone, total: files.length, passages: committer.embedded });
  const { lines, field, ...passages } = settings;
  const hashed = JSON.stringify([version, passages, lines]);
  for (const file of files) {
    const before = known.get(file.name) ?? new Map<number, string>();
    known.delete(file.name);
    let isChanged = false;
    let isSkipped = false;
    let parts = 0;
    const onProblem = (reason: string) => skipped.push({ file: file.path, reason });
    for await (const part of partsOrProblem(file, hashed, { isLines: lines, field, onProblem }, signal)) {
      signal?.throwIfAborted();
      if (part instanceof HpdError) {
        const reason = parts === 0 ? part.message : `${part.message} (what stands before is in the index)`;
        skipped.push({ file: file.path, reason });
        isSkipped = true;
        // What can't be read may be there again next time; what is no text has no passages.
        if (part.code === "not_found" || part.code === "runtime") before.clear();
        break;
      }
      parts++;
      const isKnown = before.get(part.part) === part.hash;
      before.delete(part.part);
      if (!isKnown) {
        isChanged = true;
        await committer.add({ file: file.name, part: part.part, hash: part.hash }, part.blocks);
      }
      await committer.keepUp();
    }
    isChanged ||= before.size > 0;
    await committer.remove(keysOf(file.name, before));
    if (isChanged) counts.changedFiles++;
    else if (!isSkipped) counts.unchangedFiles++;
    filesDone++;
    report();
  }
  for (const [file, parts] of known) {
    await committer.remove(keysOf(file, parts));
    counts.removed.push(file);
  }
  await committer.finish();
  signal?.throwIfAborted();
  // Also where nothing has changed: a build before may have been killed in the middle of it.
  await store.optimize();
  return { files: files.length, passages: await store.count(), embedded: committer.embedded, ...counts, skipped };
}

/**
 * Takes what a folder that can't be read had in it out of `known`: it may be there again next time.
 *
 * @throws HpdError `invalid_argument` where there is no file at all
 */
function keepUnreadable({ files, unreadable }: Inputs, known: Map<string, unknown>): void {
  if (files.length === 0 && known.size > 0) {
    throw new HpdError(
      "invalid_argument",
      `there are no files, and the index has ${known.size}, which would all be removed: is the right folder there? ` +
        "To have none, delete the index",
    );
  }
  for (const { name } of unreadable) {
    for (const file of known.keys()) if (file.startsWith(`${name}/`)) known.delete(file);
  }
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
export async function knownParts(store: IndexStore): Promise<Map<string, Map<number, string>>> {
  const files = new Map<string, Map<number, string>>();
  for (const { file, part, hash } of await store.parts()) {
    const parts = files.get(file) ?? new Map<number, string>();
    files.set(file, parts.set(part, hash));
  }
  return files;
}
