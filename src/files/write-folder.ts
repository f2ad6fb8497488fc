/**
 * Atomic replacement of a folder: readers see the whole new content or the old. A failure leaves nothing else behind; a
 * killed process may leave a folder `.partial` beside it, and the old content as `.partial.old`.
 */
import { open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cannotWrite } from "../common/file-errors.ts";
import { HpdError } from "../errors.ts";
import { makeFolder, realPathOf } from "./make-folder.ts";
import { syncFile } from "./sync-file.ts";
import { writeFully } from "./write-fully.ts";

/** Relative paths with forward slashes, and contents, whole or in parts. */
export type FolderFiles = Iterable<readonly [path: string, contents: Uint8Array | readonly Uint8Array[]]>;

/**
 * Writes a folder; where there is a link to one, the folder that it leads to is replaced.
 *
 * @param overwrite replaces a folder that holds a model (it has a config.json); any other that isn't empty is refused
 * @throws HpdError `invalid_argument` where the folder can't be written, or isn't empty; what making the files throws
 */
export async function writeFolder(folder: string, files: FolderFiles, overwrite: boolean): Promise<void> {
  const isThere = await requireReplaceable(folder, overwrite);
  const target = await realPathOf(folder);
  const partial = `${target}.partial`;
  try {
    // What a process that was killed left behind.
    await rm(partial, { recursive: true, force: true });
    await makeFolder(partial);
    for (const [path, contents] of files) await writeFile(join(partial, path), contents, folder);
    await takePlace(target, partial, isThere);
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    if (cause instanceof HpdError) throw cause;
    throw cannotWrite(folder, cause);
  }
}

/**
 * Requires that the folder may be written, for a check before long work too.
 *
 * @returns whether there is something at that path
 * @throws HpdError as `writeFolder` does
 */
export async function requireReplaceable(folder: string, overwrite: boolean): Promise<boolean> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw cannotWrite(folder, cause);
  }
  await requireNoMount(folder);
  if (names.length === 0) return true;
  if (!overwrite) {
    throw new HpdError(
      "invalid_argument",
      `the folder ${folder} isn't empty: name another, or replace it (\`overwrite: true\`)`,
    );
  }
  if (names.includes("config.json")) return true;
  throw new HpdError(
    "invalid_argument",
    `the folder ${folder} isn't overwritten, for it holds no model (${names.slice(0, 3).join(", ")}); name another`,
  );
}

/** @throws HpdError `invalid_argument` where a model would be written into the folder that it is made of, by whatever path */
export async function requireOtherFolder(out: string, model: string): Promise<void> {
  if ((await realPathOf(model)) !== (await realPathOf(out))) return;
  throw new HpdError("invalid_argument", "out should be another folder than model, which stays as it is");
}

/** @throws HpdError `invalid_argument` where a file system begins, such as a container's volume: it can't be renamed */
async function requireNoMount(folder: string): Promise<void> {
  const path = await realpath(folder);
  const [own, around] = await Promise.all([stat(path), stat(dirname(path))]);
  if (own.dev === around.dev) return;
  throw new HpdError(
    "invalid_argument",
    `${folder} can't be replaced as a whole, for a file system is mounted there: name a folder in it, such as ` +
      join(folder, "model"),
  );
}

async function writeFile(path: string, contents: Uint8Array | readonly Uint8Array[], named: string): Promise<void> {
  await makeFolder(dirname(path));
  const handle = await open(path, "wx");
  try {
    let position = 0;
    for (const part of contents instanceof Uint8Array ? [contents] : contents) {
      await writeFully(handle, part, position, named);
      position += part.length;
    }
    await syncFile(handle);
  } finally {
    await handle.close();
  }
}

async function takePlace(target: string, partial: string, isThere: boolean): Promise<void> {
  const old = `${partial}.old`;
  if (isThere) {
    // Left by a killed process, and useless beside an existing target.
    await rm(old, { recursive: true, force: true });
    await rename(target, old);
  }
  try {
    await rename(partial, target);
  } catch (error) {
    if (isThere) await rename(old, target);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}
