/** Rows scaled to length 1. Source: `torch.nn.functional.normalize`, whose smallest divisor is 1e-12. */
import { Embeddings } from "../tensor/embeddings.ts";

/** A copy of the embeddings with every row of length 1; a zero row stays zero. */
export function normalizeRows(embeddings: Embeddings): Embeddings {
  const normalized = new Embeddings(new Float32Array(embeddings.data), embeddings.count, embeddings.dimension);
  for (const row of normalized) {
    let squares = 0;
    for (const value of row) squares += value ** 2;
    const length = Math.max(Math.sqrt(squares), 1e-12);
    for (let i = 0; i < row.length; i++) row[i]! /= length;
  }
  return normalized;
}
