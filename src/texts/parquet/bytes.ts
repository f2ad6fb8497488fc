/** The bytes of a Parquet file, wherever it lies. */
import type { FileHandle } from "node:fs/promises";

export interface FileBytes {
  /** Bytes in all. */
  readonly size: number;
  /** The bytes from `start` to before `end`. @throws where there are fewer */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** The bytes of an open file. */
export async function bytesOf(file: FileHandle): Promise<FileBytes> {
  const { size } = await file.stat();
  return {
    size,
    async read(start, end) {
      const bytes = new Uint8Array(end - start);
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
        if (bytesRead === 0) throw new RangeError("it has become shorter");
        at += bytesRead;
      }
      return bytes;
    },
  };
}
