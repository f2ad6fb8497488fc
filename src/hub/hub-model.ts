/**
 * Opens a model of the hub through the cache: resolves the revision to a commit, downloads the selected files that the
 * cache lacks, and opens the snapshot. If the hub cannot be reached, the cache alone is used, as in Python.
 */
import { readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { types } from "node:util";
import { HpdError } from "../errors.ts";
import { removeHalfWritten } from "../files/replace-file.ts";
import { openCachedModel } from "./cached-model.ts";
import { abandonedDownloads, downloadBlob } from "./download-blob.ts";
import { isSafePath } from "./file-path.ts";
import {
  blobPath,
  blobsFolder,
  hasFile,
  linkSnapshot,
  readRef,
  readSnapshotModules,
  readTree,
  repositoryFolder,
  snapshotFolder,
  writeRef,
  writeTree,
} from "./hub-cache.ts";
import { type HubFile, isCommit, listHubFiles, resolveCommit } from "./hub-listing.ts";
import { type HubSettings, readHubSettings } from "./hub-settings.ts";
import { folderSource } from "./local-folder.ts";
import type { ModelSource, ModelSourceOptions } from "./model-source.ts";
import { maxTextBytes } from "./read-file.ts";
import { isWeightsFile, selectFiles } from "./select-files.ts";

const concurrentDownloads = 4;

/** Maximum files that loading a model needs: the largest models have some 200. */
const maxSelected = 1000;

const maxCardBytes = 4 * 1024 * 1024;

interface HubModel {
  readonly id: string;
  readonly revision: string;
  readonly settings: HubSettings;
  /** Folder of the repository in the cache. */
  readonly repository: string;
  readonly options: ModelSourceOptions;
}

/**
 * @param id `org/name`, as `resolveModelId` gives it
 * @throws HpdError `network`, `unauthorized`, `not_found`, `corrupt_file`, and `invalid_argument` for settings or a
 *   cache folder that cannot be used; the signal's reason
 */
export async function openHubModel(id: string, options: ModelSourceOptions): Promise<ModelSource> {
  const model = await hubModel(id, options);
  const { revision, settings, repository } = model;
  try {
    options.signal?.throwIfAborted();
    return settings.offline ? await openCachedModel(id, revision, repository) : await openOnline(model);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw isSystemError(error) ? unusableCache(settings.cacheFolder, error) : error;
  }
}

/**
 * The text of a model's README.md, which loading it doesn't need: from the cache, else from the hub.
 *
 * @returns undefined where there is none or it can't be had
 * @throws the signal's reason
 */
export async function readHubCard(id: string, options: ModelSourceOptions): Promise<string | undefined> {
  try {
    const model = await hubModel(id, options);
    const { revision, settings, repository } = model;
    const listing = settings.offline ? undefined : await findFiles(model).catch(() => undefined);
    const card = listing?.files.find(({ path }) => path === "README.md");
    if (listing !== undefined && card !== undefined && card.size <= maxCardBytes) {
      await completeFile(model, listing.commit, card, options.signal ?? new AbortController().signal);
    }
    const commit = listing?.commit ?? (isCommit(revision) ? revision : await readRef(repository, revision));
    return await readFile(join(snapshotFolder(repository, commit ?? ""), "README.md"), "utf8");
  } catch {
    options.signal?.throwIfAborted();
    return undefined;
  }
}

async function hubModel(id: string, options: ModelSourceOptions): Promise<HubModel> {
  const revision = options.revision ?? "main";
  if (!isSafePath(revision)) {
    throw new HpdError(
      "invalid_argument",
      `revision should be a branch, tag or commit, got ${JSON.stringify(revision)}`,
    );
  }
  const settings = await readHubSettings(options, process.env);
  return { id, revision, settings, repository: repositoryFolder(settings.cacheFolder, id), options };
}

async function openOnline(model: HubModel): Promise<ModelSource> {
  const { id, revision, repository } = model;
  let listing: { commit: string; files: HubFile[] };
  try {
    listing = await findFiles(model);
  } catch (error) {
    if (!(error instanceof HpdError) || error.code !== "network" || model.options.signal?.aborted) throw error;
    return await openCachedModel(id, revision, repository).catch((inCache: Error) => {
      throw new HpdError("network", `${error.message}. The cache can't be used instead: ${inCache.message}`, {
        cause: error,
      });
    });
  }
  const { commit, files } = listing;
  const selected = await completeSnapshot(model, commit, files);
  // Last, so that a branch never names a snapshot that was not completed. A cache that is read-only may lack it.
  await writeRef(repository, revision, commit).catch(() => {});
  return folderSource(id, snapshotFolder(repository, commit), selected);
}

/** The commit and its files. The files of a commit never change, so they are listed once. */
async function findFiles({ id, revision, settings, repository, options }: HubModel) {
  const commit = isCommit(revision) ? revision : await resolveCommit(settings, id, revision, options.signal);
  const known = await readTree(repository, commit);
  const files = known ?? (await listHubFiles(settings, id, commit, options.signal));
  if (known === undefined) {
    // An error here is ignored: a cache that can't be written fails at the first download.
    await writeTree(repository, commit, files).catch(() => {});
  }
  return { commit, files };
}

/** Downloads the selected files that the snapshot lacks. @returns the paths of all of them */
async function completeSnapshot(model: HubModel, commit: string, files: readonly HubFile[]): Promise<string[]> {
  const snapshot = snapshotFolder(model.repository, commit);
  const fileOf = new Map(files.map((file) => [file.path, file]));
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(model.options.signal ? [model.options.signal] : [])]);
  const complete = async (paths: Iterable<string>) => {
    for (const path of paths) {
      await completeFile(model, commit, fileOf.get(path)!, signal);
    }
  };
  const modules = fileOf.get("modules.json");
  if (modules !== undefined) requireReasonableSize(model.id, modules);
  await complete(modules === undefined ? [] : [modules.path]);
  const selected = selectFiles([...fileOf.keys()], await readSnapshotModules(snapshot));
  if (selected.length > maxSelected) {
    throw new HpdError(
      "unsupported",
      `model ${model.id} should have at most ${maxSelected} files of configs and weights, got ${selected.length}`,
    );
  }
  for (const path of selected) requireReasonableSize(model.id, fileOf.get(path)!);
  // One iterator for all, so that each takes the next file. The first failure stops the others.
  const queue = selected.values();
  await Promise.all(
    Array.from({ length: concurrentDownloads }, () => complete(queue).catch((error: unknown) => failed.abort(error))),
  );
  failed.signal.throwIfAborted();
  await removeLeftovers(
    model.repository,
    [...selected, "."].map((path) => dirname(join(snapshot, path))),
  );
  return selected;
}

/** Removes unfinished downloads and temporary files of processes that were killed. */
async function removeLeftovers(repository: string, snapshotFolders: readonly string[]): Promise<void> {
  for (const file of await abandonedDownloads(blobsFolder(repository))) await rm(file, { force: true }).catch(() => {});
  const folders = [...snapshotFolders, join(repository, "refs"), join(repository, "trees")];
  for (const folder of new Set(folders)) await removeHalfWritten(folder);
}

/** Requires a bounded size of any file but weights, since it is read whole. */
function requireReasonableSize(id: string, { path, size }: HubFile): void {
  if (size <= maxTextBytes || isWeightsFile(path)) return;
  throw new HpdError("corrupt_file", `model ${id}: ${path} should have at most ${maxTextBytes} bytes, got ${size}`);
}

async function completeFile(model: HubModel, commit: string, file: HubFile, signal: AbortSignal): Promise<void> {
  const { id, repository, settings, options } = model;
  const pointer = join(snapshotFolder(repository, commit), file.path);
  if (await hasFile(pointer, file.size)) return;
  const blob = blobPath(repository, file);
  if (!(await hasFile(blob, file.size))) {
    const path = file.path.split("/").map(encodeURIComponent).join("/");
    await downloadBlob({
      connection: settings,
      url: `${settings.endpoint}/${id}/resolve/${commit}/${path}`,
      file,
      target: blob,
      stallTimeoutMs: settings.stallTimeoutMs,
      signal,
      onProgress: (done) => options.onProgress?.({ stage: "download", file: file.path, done, total: file.size }),
    });
  }
  await linkSnapshot(blob, pointer);
}

/** Errors of the system are no instances of the `Error` that a test under Jest sees. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return types.isNativeError(error) && "syscall" in error && "code" in error;
}

function unusableCache(folder: string, cause: NodeJS.ErrnoException): HpdError {
  const isFull = cause.code === "ENOSPC" || cause.code === "EDQUOT";
  return new HpdError(
    "invalid_argument",
    `the cache folder ${folder} can't be used (${cause.message}): ${isFull ? "the disk is full; free some space, or " : ""}` +
      "set another folder by `cacheFolder` or HF_HUB_CACHE",
    { cause },
  );
}
