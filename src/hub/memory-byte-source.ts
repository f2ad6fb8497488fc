/** Bytes in memory as a file, for browsers. */
import type { ByteSource } from "../formats/byte-source.ts";
import { checkRange } from "./check-range.ts";

/** @param name for messages, such as the URL of the bytes */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  async function read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(name, bytes.length, offset, length);
    return bytes.slice(offset, offset + length);
  }
  return { name, size: bytes.length, read, close: async () => {} };
}
