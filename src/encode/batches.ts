/**
 * Puts texts of like length together, so that little of a batch is padding, and bounds a batch by its tokens, so that
 * short texts go many at a time and long ones few. Longest first: what remains at the end is small and the workers
 * finish together.
 */

/** Larger batches are no faster on a CPU, and cost memory. */
const mostTokens = 1024;

/** A smaller batch does not pay for its way to a worker. */
const fewestTokens = 128;

/**
 * @param lengths tokens of each text
 * @param concurrency batches that run at the same time: a little work is spread over all of them
 * @returns indices of the texts of each batch
 */
export function planBatches(lengths: readonly number[], concurrency: number): number[][] {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const budget = Math.min(mostTokens, Math.max(fewestTokens, Math.ceil(total / concurrency)));
  const longestFirst = lengths.map((_, index) => index).sort((a, b) => lengths[b]! - lengths[a]!);
  const batches: number[][] = [];
  let room = 0;
  for (const index of longestFirst) {
    if (room < 1) {
      // The first text of a batch is its longest, to which the others are padded.
      room = Math.max(1, Math.floor(budget / Math.max(1, lengths[index]!)));
      batches.push([]);
    }
    batches.at(-1)!.push(index);
    room--;
  }
  return batches;
}
