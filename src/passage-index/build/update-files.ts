/**
 * Brings an index up to date with its inputs: parts that are new or changed are embedded, parts and files that are no
 * longer there are removed, and all others are only read.
 */
import { isDeepStrictEqual } from "node:util";
import { HpdError } from "../../errors.ts";
import type { BuildSettings } from "../description.ts";
import { isDocument } from "../documents/names.ts";
import { blocksOfFile } from "../files/blocks-of-file.ts";
import { type FilePart, partsOf } from "../files/parts.ts";
import type { InputFile, Inputs } from "../files/walk.ts";
import type { IndexStore, PartKey } from "../store.ts";
import type { BuildOptions, BuildReport } from "./build-options.ts";
import { type CommitTarget, Committer } from "./committer.ts";

/** Version of the chunking: raised when the same text and settings give other passages. */
const version = 2;

/** An index that is built, and how. */
export interface IndexToBuild extends CommitTarget {
  /** Written to the index if they are new. */
  readonly settings: BuildSettings;
}

/** Hash of each part of each file. */
type KnownParts = Map<string, Map<number, string>>;

/** @param known parts of the index; those of files that are not among the inputs are removed from it */
export async function updateFiles(
  inputs: Inputs,
  known: KnownParts,
  index: IndexToBuild,
  { onProgress, signal }: BuildOptions,
): Promise<Omit<BuildReport, "index">> {
  const { store, settings } = index;
  const { files, unreadable } = inputs;
  keepUnreadable(inputs, known);
  if (!isDeepStrictEqual(settings, store.description.settings)) await store.keepSettings(settings);
  let done = 0;
  const committer = new Committer(index, { signal, onCommit: () => report() });
  const report = () => onProgress?.({ stage: "index", done, total: files.length, passages: committer.embedded });
  const updater = new FileUpdater(committer, settings, signal);
  for (const file of files) {
    const before = known.get(file.name) ?? new Map<number, string>();
    known.delete(file.name);
    await updater.update(file, before);
    done++;
    report();
  }
  for (const [file, parts] of known) await committer.remove(keysOf(file, parts));
  await committer.finish();
  signal?.throwIfAborted();
  // Also without any change: an earlier build may have been killed in the middle of it.
  await store.optimize();
  const { changedFiles, unchangedFiles } = updater;
  return {
    files: files.length,
    passages: await store.count(),
    embedded: committer.embedded,
    changedFiles,
    unchangedFiles,
    removed: [...known.keys()],
    skipped: [...unreadable.map(({ folder, reason }) => ({ file: folder, reason })), ...updater.skipped],
  };
}

/** Updates files one by one, and counts what has changed. */
class FileUpdater {
  changedFiles = 0;
  unchangedFiles = 0;
  readonly skipped: { file: string; reason: string }[] = [];
  readonly #committer: Committer;
  readonly #settings: BuildSettings;
  /** Settings that passages and embeddings depend on, for the hash of a part. */
  readonly #hashed: string;
  readonly #signal: AbortSignal | undefined;

  constructor(committer: Committer, settings: BuildSettings, signal: AbortSignal | undefined) {
    const { lines, field: _, ...passages } = settings;
    this.#committer = committer;
    this.#settings = settings;
    this.#hashed = JSON.stringify([version, passages, lines]);
    this.#signal = signal;
  }

  /** @param before the hash of each part that the index has of the file */
  async update(file: InputFile, before: Map<number, string>): Promise<void> {
    const { name } = file;
    let isChanged = false;
    let parts = 0;
    const unreadable: HpdError[] = [];
    for await (const { part, hash, blocks } of this.#readableParts(file, (error) => unreadable.push(error))) {
      this.#signal?.throwIfAborted();
      parts++;
      const isKnown = before.get(part) === hash;
      before.delete(part);
      if (!isKnown) {
        isChanged = true;
        await this.#committer.add({ file: name, part, hash }, blocks);
      }
      await this.#committer.keepUp();
    }
    for (const { code, message } of unreadable) {
      const reason = parts === 0 ? message : `${message} (what stands before is in the index)`;
      this.skipped.push({ file: file.path, reason });
      // A file that can't be read may be readable next time; what is no text has no passages.
      if (code === "not_found" || code === "runtime") before.clear();
    }
    isChanged ||= before.size > 0;
    await this.#committer.remove(keysOf(name, before));
    if (isChanged) this.changedFiles++;
    else if (unreadable.length === 0) this.unchangedFiles++;
  }

  /** The parts of a file up to where it can't be read. @throws what is wrong with a file that was named itself */
  async *#readableParts(
    { path, isNamed }: InputFile,
    onUnreadable: (error: HpdError) => void,
  ): AsyncGenerator<FilePart, void, undefined> {
    const { lines: isLines, field } = this.#settings;
    const onProblem = (reason: string) => this.skipped.push({ file: path, reason });
    try {
      yield* partsOf(blocksOfFile(path, { isLines, field, onProblem }, this.#signal), this.#hashed);
    } catch (error) {
      if (isNamed || !(error instanceof HpdError)) throw error;
      onUnreadable(error);
    }
  }
}

/**
 * Takes files of folders that can't be read out of `known`, so that they stay: the folder may be readable next time.
 *
 * @throws HpdError `invalid_argument` if there is no file at all
 */
function keepUnreadable({ files, unreadable }: Inputs, known: Map<string, unknown>): void {
  if (files.length === 0 && known.size > 0) {
    throw new HpdError(
      "invalid_argument",
      `expected files, got none, and the ${known.size} of the index would all be removed: check the folder, or delete ` +
        "the index",
    );
  }
  for (const { name } of unreadable) {
    for (const file of known.keys()) if (file.startsWith(`${name}/`)) known.delete(file);
  }
}

function keysOf(file: string, parts: ReadonlyMap<number, unknown>): PartKey[] {
  return [...parts.keys()].map((part) => ({ file, part }));
}

/** The hash of each part of each file. Documents that programs have added are none of a build's business. */
export async function knownParts(store: IndexStore): Promise<KnownParts> {
  const files = new Map<string, Map<number, string>>();
  for (const { file, part, hash } of await store.parts()) {
    if (isDocument(file)) continue;
    const parts = files.get(file) ?? new Map<number, string>();
    files.set(file, parts.set(part, hash));
  }
  return files;
}
