/**
 * Similarities of all rows of two blocks, equal to those of `scorePair`: for all distances of many embeddings. Tiles of
 * four rows by two are summed at once, so that a number that is loaded serves several products and no sum waits for
 * another.
 */
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
  const { similarityFunction, terms } = prepared;
  const width = others.end - others.start;
  for (let other = others.start; other < others.end; other += 2) {
    for (let row = rows.start; row < rows.end; row += 4) {
      const sums = sumTile(prepared, { start: row, end: rows.end }, { start: other, end: others.end });
      for (let next = 0; next < Math.min(4, rows.end - row); next++) {
        for (let otherNext = 0; otherNext < Math.min(2, others.end - other); otherNext++) {
          const [term, otherTerm] = [terms[row + next]!, terms[other + otherNext]!];
          const score = similarityOf(similarityFunction, sums[2 * next + otherNext]!, term, otherTerm);
          scores[(row + next - rows.start) * width + other + otherNext - others.start] = score;
        }
      }
    }
  }
}

/**
 * Sums of products of the first four rows of a range with the first two of another.
 *
 * @returns `[4, 2]`: where a range has fewer rows, its last one is repeated
 */
function sumTile({ embeddings }: PreparedRows, rows: RowRange, others: RowRange): readonly number[] {
  const { data, dimension } = embeddings;
  const startOf = ({ start, end }: RowRange, next: number) => Math.min(start + next, end - 1) * dimension;
  let [a0, a1, a2, a3] = [startOf(rows, 0), startOf(rows, 1), startOf(rows, 2), startOf(rows, 3)];
  let [s00, s01, s10, s11, s20, s21, s30, s31] = [0, 0, 0, 0, 0, 0, 0, 0];
  const end = startOf(others, 0) + dimension;
  for (let b0 = startOf(others, 0), b1 = startOf(others, 1); b0 < end; b0++, b1++) {
    const x0 = data[a0++]!;
    const x1 = data[a1++]!;
    const x2 = data[a2++]!;
    const x3 = data[a3++]!;
    const y0 = data[b0]!;
    const y1 = data[b1]!;
    s00 += x0 * y0;
    s01 += x0 * y1;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s20 += x2 * y0;
    s21 += x2 * y1;
    s30 += x3 * y0;
    s31 += x3 * y1;
  }
  return [s00, s01, s10, s11, s20, s21, s30, s31];
}
