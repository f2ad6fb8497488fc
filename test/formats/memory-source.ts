/** Bytes in memory as a source, which counts what is read. */

import { HpdError } from "../../src/errors.ts";
import type { ByteSource } from "../../src/formats/byte-source.ts";

export function memorySource(bytes: Uint8Array, reads: number[] = []): ByteSource {
  async function read(offset: number, length: number): Promise<Uint8Array> {
    if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length)) {
      throw new HpdError("corrupt_file", `no ${length} bytes at ${offset}`);
    }
    reads.push(length);
    return bytes.slice(offset, offset + length);
  }
  return { name: "memory", size: bytes.length, read, close: async () => {} };
}
