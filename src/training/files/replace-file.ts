/** A file that takes its name when it is whole and on the disk: whoever reads it sees all of it or what stood there. */
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { writeFully } from "./write-fully.ts";

/**
 * @param parts of its bytes
 * @throws HpdError `invalid_argument` where it can't be written; what stood there stays
 */
export async function replaceFile(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const partialPath = `${path}.partial`;
  try {
    const handle = await open(partialPath, "w");
    try {
      let position = 0;
      for (const part of parts) {
        await writeFully(handle, part, position, path);
        position += part.length;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partialPath, path);
  } catch (error) {
    await rm(partialPath, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** After this not even a power failure undoes a rename. Not every file system can. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
