/** Syncing a file to the disk by its number: in programs of Yarn's Plug'n'Play, files have no such method. */
import { fsync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { promisify } from "node:util";

const syncByNumber = promisify(fsync);

/** Waits until what was written to a file is on the disk. @throws the error of the file system */
export function syncFile(handle: FileHandle): Promise<void> {
  return syncByNumber(handle.fd);
}
