/**
 * Embeddings in 8 bits, each scaled so that its largest absolute value becomes 127. Unlike sentence-transformers' int8,
 * whose ranges are those of many texts, the result doesn't depend on the other texts of a request. Compare by cosine;
 * `uint8` is `int8` plus 128.
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
