/**
 * A safetensors file with one tensor, `embeddings`, and the checksum of its bytes as metadata. The header is padded with
 * spaces, as the format allows.
 */
import { bytesPerElement } from "../../tensor/dtype.ts";
import type { ArrayFormat } from "./array-rows.ts";

const names = { float32: "F32", float16: "F16", int8: "I8", uint8: "U8" };

export const safetensors: ArrayFormat = {
  headerSize: 256,
  names,
  header({ count, dimension, dtype, checksum }) {
    const end = count * dimension * bytesPerElement(dtype);
    const entry = { dtype: names[dtype], shape: [count, dimension], data_offsets: [0, end] };
    const bytes = Buffer.alloc(256, " ");
    bytes.writeBigUInt64LE(256n - 8n, 0);
    bytes.write(JSON.stringify({ __metadata__: { sha256: checksum }, embeddings: entry }), 8);
    return bytes;
  },
};
