/**
 * Embeddings in bytes, each by its own largest number: its 127 steps on either side. Unlike sentence-transformers' int8,
 * which lays its steps over the range of many texts, it doesn't depend on which texts came along in a request. Compared by
 * cosine; `uint8` is `int8` and 128.
 */
import { Embeddings } from "../../tensor/embeddings.ts";

export function toBytes(
  embeddings: Embeddings,
  type: "int8" | "uint8",
): Embeddings<Int8Array> | Embeddings<Uint8Array> {
  const { count, dimension, data } = embeddings;
  const offset = type === "int8" ? 0 : 128;
  const bytes = type === "int8" ? new Int8Array(data.length) : new Uint8Array(data.length);
  for (let row = 0; row < count; row++) {
    const start = row * dimension;
    let largest = 0;
    for (let at = start; at < start + dimension; at++) largest = Math.max(largest, Math.abs(data[at]!));
    const scale = largest === 0 ? 0 : 127 / largest;
    for (let at = start; at < start + dimension; at++) bytes[at] = Math.round(data[at]! * scale) + offset;
  }
  return new Embeddings(bytes, count, dimension) as Embeddings<Int8Array> | Embeddings<Uint8Array>;
}
