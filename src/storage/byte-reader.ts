/** Random access to a file that is stored somewhere, and reading it from one end to the other. */

export interface ByteReader {
  /** The path or URL, for messages. */
  readonly name: string;
  /** Bytes in all. */
  readonly size: number;
  /** Bytes that are worth a read of their own. */
  readonly blockSize: number;
  /**
   * The bytes from `start` to before `end`.
   *
   * @throws HpdError `not_found`, `network`, `unauthorized`; `invalid_argument` where the file is another by now
   */
  read(start: number, end: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The bytes of a range in blocks, of which one is read ahead. */
export async function* streamOf(
  reader: ByteReader,
  start = 0,
  end = reader.size,
): AsyncGenerator<Uint8Array, void, undefined> {
  let next: Promise<Uint8Array> | undefined;
  const readAt = (at: number) => {
    const reading = reader.read(at, Math.min(at + reader.blockSize, end));
    // One that is never taken may fail.
    reading.catch(() => {});
    return reading;
  };
  for (let at = start; at < end; at += reader.blockSize) {
    const block = await (next ?? readAt(at));
    next = at + reader.blockSize < end ? readAt(at + reader.blockSize) : undefined;
    yield block;
  }
}

/** The same file, of which blocks that were read are kept: for readers that take many small pieces near each other. */
export function inBlocks(reader: ByteReader, kept = 16): ByteReader {
  const { size, blockSize } = reader;
  const blocks = new Map<number, Promise<Uint8Array>>();
  const blockAt = (index: number): Promise<Uint8Array> => {
    const known = blocks.get(index);
    blocks.delete(index);
    const block = known ?? reader.read(index * blockSize, Math.min((index + 1) * blockSize, size));
    // Those that were asked for last are at the end.
    blocks.set(index, block);
    block.catch(() => blocks.delete(index));
    if (blocks.size > kept) blocks.delete(blocks.keys().next().value!);
    return block;
  };
  return {
    ...reader,
    async read(start, end) {
      if (end - start > blockSize) return reader.read(start, end);
      const bytes = new Uint8Array(end - start);
      for (let at = start; at < end; ) {
        const index = Math.floor(at / blockSize);
        const block = await blockAt(index);
        const part = block.subarray(at - index * blockSize, end - index * blockSize);
        bytes.set(part, at - start);
        at += part.length;
        if (part.length === 0) throw new RangeError(`${reader.name} ends at byte ${at}`);
      }
      return bytes;
    },
    close: () => reader.close(),
  };
}
