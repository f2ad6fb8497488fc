/** Some rows of embeddings. */
import { Embeddings } from "./embeddings.ts";

/** Rows `start` to `end` - 1: a view. */
export function rowsBetween({ data, dimension }: Embeddings, start: number, end: number): Embeddings {
  return new Embeddings(data.subarray(start * dimension, end * dimension), end - start, dimension);
}

/** Rows by their positions: a copy. A position may come more than once. */
export function rowsAt({ data, dimension }: Embeddings, positions: ArrayLike<number>): Embeddings {
  const rows = new Float32Array(positions.length * dimension);
  for (let row = 0; row < positions.length; row++) {
    const position = positions[row]!;
    rows.set(data.subarray(position * dimension, (position + 1) * dimension), row * dimension);
  }
  return new Embeddings(rows, positions.length, dimension);
}
