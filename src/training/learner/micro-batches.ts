/** Divides the texts of a batch among threads and into micro-batches: about equal work, little padding. */

/** Activations kept for backward by a micro-batch of a large student: the outputs of its matrices, a fifth of all. */
const maxKeptOutputs = 30_000_000;

/** Largest sum of matrix outputs per token of a student that isn't large; 12 layers of width 384 have 41,472. */
const smallStudentOutputs = 43_000;

/**
 * The number of padded tokens of a micro-batch, about: small enough that activations kept for backward stay in the
 * caches for longer and the memory of a step is bounded, however large the batch and, but for a few tokens, the model.
 * Adding up the gradients costs little beside that. 1024, or 361 for BERT-base.
 *
 * @param shapes of the student's dense parameters
 */
export function tokensAtOnce(shapes: readonly (readonly number[])[]): number {
  const outputs = shapes.reduce((sum, shape) => sum + (shape.length === 2 ? shape[0]! : 0), 0);
  return outputs <= smallStudentOutputs ? 1024 : Math.max(256, Math.floor(maxKeptOutputs / outputs));
}

/**
 * @param lengths of the texts, in tokens
 * @param tokens of a micro-batch: see `tokensAtOnce`
 * @returns for each thread its micro-batches, as indices of the texts
 */
export function microBatches(lengths: readonly number[], threads: number, tokens: number): number[][][] {
  return shards(lengths, threads).map((shard) => {
    const own = shard.map((index) => lengths[index]!);
    const count = Math.ceil((own.length * Math.max(...own)) / tokens);
    return shards(own, count).map((microBatch) => microBatch.map((at) => shard[at]!));
  });
}

/** Maximum tokens of a micro-batch in GradCache: less memory, and no slower. */
const maxEvenTokens = 512;

/**
 * The same for lengths that differ a lot, as those of queries and passages do: all micro-batches have about as many
 * padded tokens, and all threads about as many micro-batches, of short texts or of long ones.
 */
export function evenMicroBatches(lengths: readonly number[], threads: number, tokens: number): number[][][] {
  const all = lengths.reduce((sum, length) => sum + length, 0);
  const count = threads * Math.ceil(all / Math.min(tokens, maxEvenTokens) / threads);
  const tokensOf = (members: readonly number[]) =>
    members.length * Math.max(...members.map((index) => lengths[index]!));
  const shares = Array.from({ length: threads }, () => ({ tokens: 0, microBatches: [] as number[][] }));
  // The largest first, each to the thread with the least work.
  for (const microBatch of shards(lengths, count).toSorted((a, b) => tokensOf(b) - tokensOf(a))) {
    const share = shares.reduce((least, other) => (other.tokens < least.tokens ? other : least));
    share.tokens += tokensOf(microBatch);
    share.microBatches.push(microBatch);
  }
  return shares.map(({ microBatches }) => microBatches).filter((microBatches) => microBatches.length > 0);
}

/**
 * Cuts texts, sorted by length, into runs.
 *
 * @param lengths of the texts, in tokens
 * @param threads maximum number of runs
 * @returns the indices of each run's texts; the most padded tokens of a run are as few as such a cut allows
 */
export function shards(lengths: readonly number[], threads: number): number[][] {
  const order = lengths.map((_, index) => index).sort((a, b) => lengths[a]! - lengths[b]! || a - b);
  const cut = (capacity: number): number[][] => {
    const parts: number[][] = [];
    let part: number[] = [];
    for (const index of order) {
      if (part.length > 0 && (part.length + 1) * lengths[index]! > capacity) {
        parts.push(part);
        part = [];
      }
      part.push(index);
    }
    return [...parts, part];
  };
  let low = 1;
  let high = lengths.length * lengths[order.at(-1)!]!;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (cut(middle).length <= threads) high = middle;
    else low = middle + 1;
  }
  return cut(low);
}
