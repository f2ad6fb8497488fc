/** Sentences of a batch shared among threads, so that each has about the same number of tokens with little padding. */

/**
 * About so many padded tokens are run at once: then what forward keeps for backward stays in the caches for longer, and
 * the memory of a step is bounded, however large the batch. To add up the gradients costs little beside that.
 */
const tokensAtOnce = 1024;

/** @returns for each thread its pieces, one after another: the numbers of the sentences of each */
export function pieces(lengths: readonly number[], threads: number): number[][][] {
  return shards(lengths, threads).map((shard) => {
    const own = shard.map((index) => lengths[index]!);
    const count = Math.ceil((own.length * Math.max(...own)) / tokensAtOnce);
    return shards(own, count).map((piece) => piece.map((at) => shard[at]!));
  });
}

/**
 * @param lengths in tokens, of each sentence
 * @param threads at most so many parts
 * @returns the numbers of the sentences of each part, the longest part of a batch's padded tokens as small as it can be
 *   for parts of neighbouring length
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
