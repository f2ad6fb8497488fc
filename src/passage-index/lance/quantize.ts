/**
 * Quantizes embeddings of length 1 for LanceDB, which compares bits by Hamming distance, but no int8: bits find
 * candidates, which are rescored with more exact numbers.
 *
 * - `binary`: the sign of each number. Candidates are rescored by the dot product of the query with these signs.
 * - `int8`: three bits a number, which of four ranges it is in (a thermometer code: the Hamming distance is the number
 *   of ranges between), and the number as int8, scaled for each embedding. Candidates are rescored by cosine with
 *   these.
 *
 * Measured on 100,000 sentences, recall at 10 against exact float32, 384 dimensions of all-MiniLM-L6-v2 and the first
 * 128 of their principal components: `int8` 1.00 and 0.99, `binary` 0.65 and 0.44.
 */
import type { Embeddings } from "../../tensor/embeddings.ts";

/** Bounds of the ranges, each with about a quarter of the numbers, in units of the embedding's root mean square. */
const thresholds = { int8: [-0.6, 0, 0.6], binary: [0] } as const;

/** @returns `[count, bytes]`: the bits of each embedding, first those of the first threshold for all numbers */
export function bitsOf(embeddings: Embeddings, precision: "int8" | "binary"): Uint8Array {
  const { count, dimension } = embeddings;
  const planes = thresholds[precision];
  const bytes = Math.ceil((planes.length * dimension) / 8);
  const bits = new Uint8Array(count * bytes);
  for (let index = 0; index < count; index++) {
    const row = embeddings.row(index);
    let squares = 0;
    for (const value of row) squares += value * value;
    const scale = Math.sqrt(squares / dimension);
    for (const [plane, threshold] of planes.entries()) {
      for (let at = 0; at < dimension; at++) {
        if (row[at]! <= threshold * scale) continue;
        const bit = plane * dimension + at;
        bits[index * bytes + (bit >> 3)]! |= 1 << (bit & 7);
      }
    }
  }
  return bits;
}

/** @returns `[count, dimension]`, scaled so that the largest absolute number of each embedding is 127 */
export function int8Of(embeddings: Embeddings): Int8Array {
  const numbers = new Int8Array(embeddings.data.length);
  for (let index = 0; index < embeddings.count; index++) {
    const row = embeddings.row(index);
    let largest = 0;
    for (const value of row) largest = Math.max(largest, Math.abs(value));
    if (largest === 0) continue;
    const offset = index * embeddings.dimension;
    for (let at = 0; at < row.length; at++) numbers[offset + at] = Math.round((row[at]! / largest) * 127);
  }
  return numbers;
}

/** Cosine of a query of length 1 with an embedding as int8; 0 for a zero vector. */
export function scoreOfInt8(query: Float32Array, numbers: Int8Array): number {
  let product = 0;
  let squares = 0;
  for (let at = 0; at < numbers.length; at++) {
    const number = numbers[at]!;
    product += query[at]! * number;
    squares += number * number;
  }
  return squares === 0 ? 0 : product / Math.sqrt(squares);
}

/** Cosine of a query of length 1 with the signs of an embedding. */
export function scoreOfSigns(query: Float32Array, bits: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < query.length; at++) {
    const value = query[at]!;
    sum += ((bits[at >> 3]! >> (at & 7)) & 1) === 1 ? value : -value;
  }
  return sum / Math.sqrt(query.length);
}
