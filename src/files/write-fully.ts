/** Writes that are complete: a full disk takes part of a write and fails only at the next. */
import type { FileHandle } from "node:fs/promises";
import { fileReason } from "../common/file-errors.ts";
import { HpdError } from "../errors.ts";

/** Maximum bytes of one call: Node refuses 2 GiB and more (`ERR_OUT_OF_RANGE`). */
const maxWriteBytes = 2 ** 30;

/**
 * Writes all bytes at a position.
 *
 * @param place for the message: the file or its folder
 * @throws HpdError `invalid_argument` where not all of it could be written
 */
export async function writeFully(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
  place: string,
): Promise<void> {
  try {
    await writeAll(handle, bytes, position);
  } catch (cause) {
    const isFull = ["ENOSPC", "EDQUOT"].includes((cause as NodeJS.ErrnoException).code ?? "");
    const advice = isFull ? ": the disk is full; free some space and run it again, finished work is kept" : "";
    throw new HpdError("invalid_argument", `${place} can't be written to${advice} (${fileReason(cause)})`, {
      cause,
    });
  }
}

/** Writes as `writeFully` does. @throws the error of the file system */
export async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const length = Math.min(bytes.length - done, maxWriteBytes);
    done += (await handle.write(bytes, done, length, position + done)).bytesWritten;
  }
}
