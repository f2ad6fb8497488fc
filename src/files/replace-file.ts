/**
 * Atomic replacement of a file: readers see the whole new content or the old. A failure leaves nothing else behind; the
 * leftovers of a killed process are removed by the next write of the same file.
 */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { cannotWrite } from "../common/file-errors.ts";
import { HpdError } from "../errors.ts";
import { syncFile } from "./sync-file.ts";
import { abandonedFiles, removeAbandoned, temporaryName } from "./temporary-name.ts";
import { writeFully } from "./write-fully.ts";

const suffix = "partial";

/**
 * Replaces a file durably: when it returns the content is synced to the disk, where the file system can do that.
 *
 * @param content a text, or the parts of its bytes
 * @throws HpdError `invalid_argument` where it can't be written; what stood there stays
 */
export async function replaceFile(path: string, content: string | readonly Uint8Array[]): Promise<void> {
  const parts = typeof content === "string" ? [new TextEncoder().encode(content)] : content;
  try {
    await placeFile(path, async (temporary) => {
      const handle = await open(temporary, "wx");
      try {
        let position = 0;
        for (const part of parts) {
          await writeFully(handle, part, position, path);
          position += part.length;
        }
        await syncFile(handle);
      } finally {
        await handle.close();
      }
    });
  } catch (cause) {
    throw cause instanceof HpdError ? cause : cannotWrite(path, cause);
  }
  await syncFolder(dirname(path));
}

/**
 * Replaces a file by a text, of which a power failure may take the latest version.
 *
 * @throws HpdError as `replaceFile`
 */
export function replaceFileSync(path: string, text: string): void {
  const temporary = temporaryName(path, suffix);
  try {
    writeFileSync(temporary, text, { flag: "wx" });
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw cannotWrite(path, cause);
  }
}

/**
 * Makes a file under a temporary name and renames it.
 *
 * @param make makes the file, or a link, under the name that it is given, at which there is nothing
 * @throws what `make` throws; the error of the file system
 */
export async function placeFile(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  await removeAbandoned(path, suffix);
  const temporary = temporaryName(path, suffix);
  try {
    await make(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Removes the temporary files of killed processes from a folder. */
export async function removeHalfWritten(folder: string): Promise<void> {
  for (const file of await abandonedFiles(folder, suffix)) await rm(file, { force: true }).catch(() => {});
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  if (handle === undefined) return;
  await syncFile(handle).catch(() => {});
  await handle.close();
}
