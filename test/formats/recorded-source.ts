/** Bytes in memory as a source that tells what was read of it, as [offset, length], and whether it is closed. */
import type { ByteSource } from "../../src/formats/byte-source.ts";
import { memorySource } from "../../src/hub/memory-byte-source.ts";

export interface RecordedSource extends ByteSource {
  readonly reads: [offset: number, length: number][];
  closed: boolean;
}

export function recordedSource(name: string, bytes: Uint8Array): RecordedSource {
  const memory = memorySource(name, bytes);
  const source: RecordedSource = {
    ...memory,
    reads: [],
    closed: false,
    read(offset, length) {
      source.reads.push([offset, length]);
      return memory.read(offset, length);
    },
    async close() {
      source.closed = true;
    },
  };
  return source;
}
