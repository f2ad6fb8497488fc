/**
 * Many records of a file at once, wherever they lie. Those that lie near each other come with one read: the bytes
 * between them cost less than a read of their own.
 */
import type { FileHandle } from "node:fs/promises";
import { HpdError } from "../errors.ts";

/** The most bytes that are read to be thrown away, rather than reading again. */
const largestGap = 16 * 1024;
const largestRead = 1024 * 1024;
const readsAtOnce = 8;

/** @param bytes of the record: a view that may be overwritten after the call */
export type ReadRecord = (index: number, bytes: Buffer) => void;

/**
 * @param offsets of each record
 * @param onRecord is called once for each, in no particular order
 * @throws HpdError `corrupt_file` where the file is shorter
 */
export async function readRecords(
  handle: FileHandle,
  name: string,
  offsets: ArrayLike<number>,
  lengthOf: (index: number) => number,
  onRecord: ReadRecord,
): Promise<void> {
  const inOrder = Array.from(offsets, (_, index) => index).sort((a, b) => offsets[a]! - offsets[b]!);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < inOrder.length) {
      const first = next++;
      const start = offsets[inOrder[first]!]!;
      let end = start + lengthOf(inOrder[first]!);
      for (; next < inOrder.length; next++) {
        const offset = offsets[inOrder[next]!]!;
        const recordEnd = offset + lengthOf(inOrder[next]!);
        if (offset - end > largestGap || recordEnd - start > largestRead) break;
        end = Math.max(end, recordEnd);
      }
      const records = inOrder.slice(first, next);
      const bytes = Buffer.allocUnsafe(end - start);
      await readFully(handle, name, bytes, start);
      for (const index of records) {
        const at = offsets[index]! - start;
        onRecord(index, bytes.subarray(at, at + lengthOf(index)));
      }
    }
  };
  await Promise.all(Array.from({ length: readsAtOnce }, lane));
}

export async function readFully(handle: FileHandle, name: string, bytes: Uint8Array, start: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done);
    if (bytesRead === 0) {
      throw new HpdError("corrupt_file", `${name} ends at byte ${start + done}, ${bytes.length - done} bytes early`);
    }
    done += bytesRead;
  }
}
