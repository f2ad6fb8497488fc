/**
 * Embeddings of length 1 as LanceDB can search them when they are to take less room. It compares bits, by how many
 * differ, but no int8: so bits choose candidates, which are put in order with what is more exact.
 *
 * - `binary`: the sign of each number. The order is by the product of the query's own numbers with these signs.
 * - `int8`: three bits a number, which say in which of four ranges it is (a thermometer code: bits that differ are ranges
 *   between), and the number itself as int8, scaled for each embedding. The order is by cosine with these.
 *
 * Measured on 100,000 sentences, recall at 10 against exact float32, 384 dimensions of all-MiniLM-L6-v2 and the first 128
 * of their principal components: `int8` 1.00 and 0.99, `binary` 0.65 and 0.44.
 */
import type { Embeddings } from "../../tensor/embeddings.ts";

/** Between the ranges, in units of the root mean square of the embedding's numbers: each has about a quarter. */
const thresholds = { int8: [-0.6, 0, 0.6], binary: [0] } as const;

/** @returns `[count, bytes]`, bits of each embedding; those of the first threshold of all numbers come first */
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

/** @returns `[count, dimension]`, the largest of each embedding 127 or -127 */
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

/** Cosine of a query of length 1 with an embedding that is left as int8; 0 where that is zero. */
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

/** Cosine of a query of length 1 with an embedding of which the signs are left. */
export function scoreOfSigns(query: Float32Array, bits: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < query.length; at++) {
    const value = query[at]!;
    sum += ((bits[at >> 3]! >> (at & 7)) & 1) === 1 ? value : -value;
  }
  return sum / Math.sqrt(query.length);
}
