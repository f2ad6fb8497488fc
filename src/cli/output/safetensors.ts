/** A safetensors file with one tensor, `embeddings`. The header is padded with spaces, as the format allows. */
import type { ArrayFormat } from "./array-file.ts";

const names = { float32: "F32", int8: "I8", uint8: "U8" };
const bytesPerElement = { float32: 4, int8: 1, uint8: 1 };

export const safetensors: ArrayFormat = {
  headerSize: 256,
  header(count, dimension, dtype) {
    const end = count * dimension * bytesPerElement[dtype];
    const entry = { dtype: names[dtype], shape: [count, dimension], data_offsets: [0, end] };
    const bytes = Buffer.alloc(256, " ");
    bytes.writeBigUInt64LE(256n - 8n, 0);
    bytes.write(JSON.stringify({ embeddings: entry }), 8);
    return bytes;
  },
};
