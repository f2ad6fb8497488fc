/**
 * Ends of the frames of a .zst file, which may have several, one behind the other, as `pzstd`, `cat` and append-only writers
 * leave them, and frames without data to be skipped. Node's decompressor takes the end of a frame for the end of the file
 * and drops the rest of the piece that it was given; at a piece that begins with a frame it goes on.
 *
 * Format: RFC 8878, 3.1.
 */

/** The same bytes in pieces that end where a frame does. */
export async function* cutAtFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let parts = partsOfFrame();
  /** Bytes of the part that are still to come, and its first ones. */
  let left = parts.next().value as number;
  let first: number[] = [];
  for await (const bytes of source) {
    let start = 0;
    let at = 0;
    while (at < bytes.length) {
      const end = Math.min(bytes.length, at + left);
      first.push(...bytes.subarray(at, Math.min(end, at + 4 - first.length)));
      left -= end - at;
      at = end;
      while (left === 0) {
        const next = parts.next(first);
        first = [];
        if (next.done) {
          yield bytes.subarray(start, at);
          start = at;
          parts = partsOfFrame();
        }
        left = next.done ? (parts.next().value as number) : next.value;
      }
    }
    if (start < at) yield bytes.subarray(start);
  }
}

/** Yields the sizes of a frame's parts, and takes the first four bytes of each. */
function* partsOfFrame(): Generator<number, void, readonly number[]> {
  const magic = littleEndian(yield 4);
  if (magic >>> 4 === 0x184d2a5) {
    yield littleEndian(yield 4);
    return;
  }
  // No frame at all, which is for the decompressor to say.
  if (magic !== 0xfd2fb528) yield Number.POSITIVE_INFINITY;
  const descriptor = (yield 1)[0]!;
  const isSingle = (descriptor >> 5) & 1;
  const sizeBytes = [isSingle, 2, 4, 8][descriptor >> 6]!;
  yield 1 - isSingle + [0, 1, 2, 4][descriptor & 3]! + sizeBytes;
  for (let isLast = false; !isLast; ) {
    const block = littleEndian(yield 3);
    isLast = (block & 1) === 1;
    const isRun = ((block >> 1) & 3) === 1;
    yield isRun ? 1 : block >> 3;
  }
  const hasChecksum = ((descriptor >> 2) & 1) === 1;
  yield hasChecksum ? 4 : 0;
}

function littleEndian(bytes: readonly number[]): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}
