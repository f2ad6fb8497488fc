/** Similarities of all rows of two blocks, equal to those of `scorePair`: for all distances of many embeddings. */
import { sumTile, tileOthers, tileRows } from "../similarity/product-tile.ts";
import { type PreparedRows, similarityOf } from "./exact-score.ts";

/** Rows `start` to `end` - 1. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/**
 * @param prepared for a similarity function that is made of products
 * @param scores `[rows, others]`, or longer: its beginning is overwritten
 */
export function scoreBlock(prepared: PreparedRows, rows: RowRange, others: RowRange, scores: Float32Array): void {
  const { embeddings, similarityFunction, terms } = prepared;
  const width = others.end - others.start;
  for (let other = others.start; other < others.end; other += tileOthers) {
    for (let row = rows.start; row < rows.end; row += tileRows) {
      const sums = sumTile(embeddings, row, embeddings, other);
      for (let next = 0; next < Math.min(tileRows, rows.end - row); next++) {
        for (let otherNext = 0; otherNext < Math.min(tileOthers, others.end - other); otherNext++) {
          const [term, otherTerm] = [terms[row + next]!, terms[other + otherNext]!];
          const score = similarityOf(similarityFunction, sums[tileOthers * next + otherNext]!, term, otherTerm);
          scores[(row + next - rows.start) * width + other + otherNext - others.start] = score;
        }
      }
    }
  }
}
