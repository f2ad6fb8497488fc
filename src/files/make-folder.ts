/**
 * Folders made with their parents. Node's `mkdir` with `recursive` never returns where a parent exists that can hold no
 * folder: in /proc, or a dangling link.
 */
import { mkdir, realpath, rmdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { cannotWrite } from "../common/file-errors.ts";
import { removeAbandoned, temporaryName } from "./temporary-name.ts";

/**
 * Makes a folder with its parents.
 *
 * @returns the outermost folder that was made, as `mkdir` does; undefined where all are there
 * @throws the error of the file system
 */
export async function makeFolder(folder: string): Promise<string | undefined> {
  const path = resolve(folder);
  if (await make(path)) return path;
  if (await isFolder(path)) return undefined;
  const parent = dirname(path);
  const first = await makeFolder(parent);
  if (await make(path)) return first ?? path;
  // Another process may have been quicker.
  if (await isFolder(path)) return first;
  throw new Error(`no folder can be made in ${parent}`);
}

/**
 * Requires that a folder can be written later: makes one beside it and removes it again, with the parents that it made.
 *
 * @throws HpdError `invalid_argument` where that isn't possible
 */
export async function requireWritable(folder: string): Promise<void> {
  const path = await realPathOf(folder);
  const trial = temporaryName(path, "partial");
  try {
    await removeAbandoned(path, "partial");
    const first = await makeFolder(trial);
    // One by one: what another process has put something into stays.
    for (let made = trial; made.length >= first!.length; made = dirname(made)) await rmdir(made).catch(() => {});
  } catch (cause) {
    throw cannotWrite(folder, cause);
  }
}

/** The path of a folder without symbolic links, where there is one. */
export function realPathOf(folder: string): Promise<string> {
  return realpath(folder).catch(() => resolve(folder));
}

/** @returns false where it exists already, or its parent doesn't */
async function make(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || (await isFolder(path))) return false;
    throw error;
  }
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
