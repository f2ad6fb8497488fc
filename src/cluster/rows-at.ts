/** Rows of embeddings by their positions. */
import { Embeddings } from "../tensor/embeddings.ts";

/** A copy; a position may come more than once. */
export function rowsAt({ data, dimension }: Embeddings, positions: readonly number[]): Embeddings {
  const rows = new Float32Array(positions.length * dimension);
  for (const [row, position] of positions.entries()) {
    rows.set(data.subarray(position * dimension, (position + 1) * dimension), row * dimension);
  }
  return new Embeddings(rows, positions.length, dimension);
}
