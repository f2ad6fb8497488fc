/**
 * Reads many records of a file, anywhere in it. Records near each other come with one read: the bytes between them cost
 * less than a second read.
 */
import type { FileHandle } from "node:fs/promises";
import { HpdError } from "../errors.ts";

/** Maximum bytes between two records that one read spans. */
const maxGap = 16 * 1024;
const maxReadBytes = 1024 * 1024;
const concurrentReads = 8;

/** @param bytes of the record: a view that may be overwritten after the call */
export type ReadRecord = (index: number, bytes: Buffer) => void;

/** The records to read. */
export interface Records {
  /** Offset of each record in bytes. */
  readonly offsets: ArrayLike<number>;
  /** Length of a record in bytes, by its index. */
  readonly lengthOf: (index: number) => number;
  /** Called once for each record, in no particular order. */
  readonly onRecord: ReadRecord;
}

/**
 * Reads records.
 *
 * @param name of the file, for messages
 * @throws HpdError `corrupt_file` where the file is shorter
 */
export async function readRecords(
  handle: FileHandle,
  name: string,
  { offsets, lengthOf, onRecord }: Records,
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
        if (offset - end > maxGap || recordEnd - start > maxReadBytes) break;
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
  await Promise.all(Array.from({ length: concurrentReads }, lane));
}

/** Fills `bytes` from a position of the file. @throws HpdError `corrupt_file` where the file is shorter */
export async function readFully(handle: FileHandle, name: string, bytes: Uint8Array, start: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done);
    if (bytesRead === 0) {
      throw new HpdError("corrupt_file", `${name} ends at byte ${start + done}, ${bytes.length - done} bytes early`);
    }
    done += bytesRead;
  }
}
