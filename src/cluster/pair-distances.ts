/**
 * Distances of all pairs, in float32; summed in double precision, since clusters are joined in the order of distances.
 */

import type { Yielder } from "../common/yielder.ts";
import { allocate } from "../search/arguments.ts";
import { prepareRows } from "../search/exact-score.ts";
import { scoreBlock } from "../search/score-block.ts";
import type { Embeddings } from "../tensor/embeddings.ts";

const rowsAtOnce = 64;

/**
 * @returns `[count (count - 1) / 2]`: of 1 to 0, of 2 to 0 and 1, and so on; `pairIndex` gives the index of a pair
 * @throws HpdError `invalid_argument` for a number that is not finite, or too little memory; the signal's reason when
 *   it aborts
 */
export async function pairDistances(
  embeddings: Embeddings,
  similarityFunction: "euclidean" | "cosine",
  yielder: Yielder,
): Promise<Float32Array> {
  const rows = prepareRows(embeddings, similarityFunction);
  const { count } = embeddings;
  const distances = allocate(`distances of ${count} embeddings`, () => new Float32Array((count * (count - 1)) / 2));
  const scores = new Float32Array(rowsAtOnce * rowsAtOnce);
  for (let start = 0; start < count; start += rowsAtOnce) {
    const end = Math.min(start + rowsAtOnce, count);
    for (let otherStart = 0; otherStart < end; otherStart += rowsAtOnce) {
      const otherEnd = Math.min(otherStart + rowsAtOnce, end);
      scoreBlock(rows, { start, end }, { start: otherStart, end: otherEnd }, scores);
      for (let row = start; row < end; row++) {
        const offset = (row - start) * (otherEnd - otherStart) - otherStart;
        const first = pairIndex(row, 0);
        for (let other = otherStart; other < Math.min(otherEnd, row); other++) {
          const score = scores[offset + other]!;
          // Rounding makes a cosine a little more than 1.
          distances[first + other] = similarityFunction === "cosine" ? Math.max(1 - score, 0) : -score;
        }
      }
      if (yielder.isDue) await yielder.yield();
    }
  }
  return distances;
}

/** The index of the distance of two embeddings. @param low less than `high` */
export function pairIndex(high: number, low: number): number {
  return (high * (high - 1)) / 2 + low;
}
