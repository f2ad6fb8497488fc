/** The bytes of a page, never more of them than its header says. */
// Whole: Node 20 has no zstdDecompressSync to name.
import * as zlib from "node:zlib";
import { Decompress } from "fzstd";
import { compressors } from "hyparquet-compressors";

export type Codec = "UNCOMPRESSED" | "SNAPPY" | "GZIP" | "BROTLI" | "ZSTD" | "LZ4" | "LZ4_RAW";

/** The others of hyparquet-compressors write as much as the bytes say. */
const decompressors: Readonly<Record<Codec, (bytes: Uint8Array, length: number) => Uint8Array>> = {
  UNCOMPRESSED: (bytes) => bytes,
  SNAPPY: compressors.SNAPPY!,
  GZIP: (bytes, length) => zlib.gunzipSync(bytes, { maxOutputLength: Math.max(length, 1) }),
  BROTLI: (bytes, length) => zlib.brotliDecompressSync(bytes, { maxOutputLength: Math.max(length, 1) }),
  ZSTD: decompressZstd,
  LZ4: compressors.LZ4!,
  LZ4_RAW: compressors.LZ4_RAW!,
};

export function isCodec(name: unknown): name is Codec {
  return typeof name === "string" && Object.hasOwn(decompressors, name);
}

/** @throws Error where the bytes are damaged, or another number comes out */
export function decompress(bytes: Uint8Array, codec: Codec, length: number): Uint8Array {
  // Not all decompressors know that of nothing there may be nothing.
  if (length === 0) return new Uint8Array();
  const page = decompressors[codec](bytes, length);
  if (page.length !== length) throw new RangeError(`a page has ${page.length} bytes, ${length} were said`);
  return page;
}

function decompressZstd(bytes: Uint8Array, length: number): Uint8Array {
  if (zlib.zstdDecompressSync !== undefined) return zlib.zstdDecompressSync(bytes, { maxOutputLength: length });
  const page = new Uint8Array(length);
  let at = 0;
  const stream = new Decompress((chunk) => {
    if (at + chunk.length > length) throw new RangeError(`a page has more than the ${length} bytes that were said`);
    page.set(chunk, at);
    at += chunk.length;
  });
  stream.push(bytes, true);
  return page.subarray(0, at);
}
