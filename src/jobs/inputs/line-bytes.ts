/** The bytes of the lines that begin in a range of a file. */
import { type ByteReader, streamOf } from "../../storage/byte-reader.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * @param isReturnEnd whether a CR alone ends a line, too
 * @returns the bytes from the first line that begins at `start` or later to the end of the last one that begins before `end`
 */
export async function* lineBytes(
  reader: ByteReader,
  { start, end, isReturnEnd }: { readonly start: number; readonly end: number; readonly isReturnEnd: boolean },
): AsyncGenerator<Uint8Array, void, undefined> {
  /** The place behind the next line end from there on; undefined where none is in these bytes. */
  const behindLineEnd = (bytes: Uint8Array, from: number): number | undefined => {
    const feed = bytes.indexOf(lineFeed, from);
    const carriage = isReturnEnd ? bytes.indexOf(carriageReturn, from) : -1;
    const first = feed < 0 ? carriage : carriage < 0 ? feed : Math.min(feed, carriage);
    return first < 0 ? undefined : first + 1;
  };
  // The byte before tells whether a line begins at the start.
  let at = Math.max(0, start - 1);
  let isInside = start === 0;
  // Up to the end in large blocks; what the last line needs beyond that in small ones.
  const blocks = joined(streamOf(reader, at, end), streamOf({ ...reader, blockSize: 64 * 1024 }, end, reader.size));
  for await (const block of blocks) {
    let from = 0;
    if (!isInside) {
      const begins = behindLineEnd(block, 0);
      if (begins === undefined && at + block.length < end) {
        at += block.length;
        continue;
      }
      // The line that was open at the start is longer than the range.
      if (begins === undefined || at + begins >= end) return;
      from = begins;
      isInside = true;
    }
    // A line that begins before the end ends at a line end that is not before the last byte of the range.
    const last = at + block.length < end ? undefined : behindLineEnd(block, Math.max(from, end - 1 - at));
    if (last !== undefined) {
      yield block.subarray(from, last);
      return;
    }
    yield block.subarray(from);
    at += block.length;
  }
}

/** The items of one and then of the other. */
export async function* joined<T>(
  first: AsyncIterable<T>,
  second: AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  yield* first;
  yield* second;
}
