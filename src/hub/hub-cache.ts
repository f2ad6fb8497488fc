/**
 * The hub's cache on disk, in the layout of huggingface_hub, so that Python and this library share downloads:
 * `models--org--name/blobs/ETAG` holds bytes, `snapshots/COMMIT/PATH` links to them, `refs/BRANCH` holds a commit and
 * `trees/COMMIT.json` the list of all files of a commit. Files of the cache may be cut or written by other programs, so
 * they are checked and, if invalid, treated as absent.
 */
import { constants } from "node:fs";
import { copyFile, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { HpdError } from "../errors.ts";
import { makeFolder } from "../files/make-folder.ts";
import { placeFile } from "../files/replace-file.ts";
import { checkHubFile, type HubFile, isCommit } from "./hub-listing.ts";
import { readModuleFolders } from "./select-files.ts";

/** The format that huggingface_hub reads and writes in `trees`. */
const treeFormat = 1;

const maxModulesJsonBytes = 2 ** 20;

const maxTreeBytes = 64 * 2 ** 20;

/** Folder of a repository in the cache. An id holds no `--`, so no two ids share a folder. */
export function repositoryFolder(cacheFolder: string, id: string): string {
  return join(cacheFolder, `models--${id.replace("/", "--")}`);
}

export function blobsFolder(repository: string): string {
  return join(repository, "blobs");
}

export function blobPath(repository: string, file: HubFile): string {
  return join(blobsFolder(repository), file.etag);
}

export function snapshotFolder(repository: string, commit: string): string {
  return join(repository, "snapshots", commit);
}

/** The commit of a branch or tag at its last request. `revision` is a safe path. */
export async function readRef(repository: string, revision: string): Promise<string | undefined> {
  const commit = await readFile(join(repository, "refs", revision), "utf8").catch(() => "");
  return isCommit(commit.trim()) ? commit.trim() : undefined;
}

export async function writeRef(repository: string, revision: string, commit: string): Promise<void> {
  if (revision !== commit && (await readRef(repository, revision)) !== commit) {
    await place(join(repository, "refs", revision), (path) => writeFile(path, commit, { flag: "wx" }));
  }
}

export async function readTree(repository: string, commit: string): Promise<HubFile[] | undefined> {
  try {
    const path = treePath(repository, commit);
    if ((await stat(path)).size > maxTreeBytes) return undefined;
    const tree = JSON.parse(await readFile(path, "utf8"));
    const files = Object.entries<Record<string, unknown>>(tree.files).map(([path, entry]) =>
      checkHubFile({ path, size: entry.lfs_size ?? entry.size, etag: entry.lfs_sha256 ?? entry.blob_id }),
    );
    return tree.format_version === treeFormat && !files.includes(undefined) ? (files as HubFile[]) : undefined;
  } catch {
    return undefined;
  }
}

export async function writeTree(repository: string, commit: string, files: readonly HubFile[]): Promise<void> {
  const entries = files.map(({ path, size, etag }) => [
    path,
    { size, blob_id: etag, ...(etag.length === 64 && { lfs_sha256: etag, lfs_size: size }) },
  ]);
  const tree = { format_version: treeFormat, files: Object.fromEntries(entries) };
  await place(treePath(repository, commit), (path) =>
    writeFile(path, JSON.stringify(tree, undefined, 1), { flag: "wx" }),
  );
}

/** Whether there is a file of that size at `path`, through a link or not. */
export async function hasFile(path: string, size: number): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() === true && stats.size === size;
}

/** Whether an earlier request found no such file in the model (`.no_exist` in the layout). */
export async function isKnownAbsent(repository: string, commit: string, path: string): Promise<boolean> {
  return (await stat(join(repository, ".no_exist", commit, path)).catch(() => undefined)) !== undefined;
}

/** The folders that the `modules.json` of a snapshot names; none where there is no such file. @throws HpdError */
export async function readSnapshotModules(snapshot: string): Promise<string[]> {
  const path = join(snapshot, "modules.json");
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) return [];
  if (stats.size > maxModulesJsonBytes) {
    throw new HpdError("corrupt_file", `${path} should have at most ${maxModulesJsonBytes} bytes, got ${stats.size}`);
  }
  return readModuleFolders(await readFile(path, "utf8"));
}

/** Links the snapshot's path of a file to its blob. Where links are not allowed (Windows) the blob is copied. */
export async function linkSnapshot(blob: string, pointer: string): Promise<void> {
  await place(pointer, (path) =>
    symlink(relative(dirname(pointer), blob), path).catch(() => copyFile(blob, path, constants.COPYFILE_EXCL)),
  );
}

/** Places a file, and makes its folder. */
async function place(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  await makeFolder(dirname(path));
  await placeFile(path, make);
}

function treePath(repository: string, commit: string): string {
  return join(repository, "trees", `${commit}.json`);
}
