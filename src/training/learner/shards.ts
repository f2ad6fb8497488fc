/** Sentences of a batch shared among threads, so that each has about the same number of tokens with little padding. */

/** What forward keeps for backward in a large student, in numbers of the outputs of matrices: five times as many in all. */
const keptAtOnce = 30_000_000;

/** Up to so many outputs of matrices (12 layers of 384 have 41,472) a student isn't large. */
const fewOutputs = 43_000;

/**
 * About so many padded tokens are run at once: then what forward keeps for backward stays in the caches for longer, and
 * the memory of a step is bounded, however large the batch and, but for a few tokens, the model. To add up the gradients
 * costs little beside that. 1024, or 361 for BERT-base.
 *
 * @param shapes of the student's parameters but for tables
 */
export function tokensAtOnce(shapes: readonly (readonly number[])[]): number {
  const outputs = shapes.reduce((sum, shape) => sum + (shape.length === 2 ? shape[0]! : 0), 0);
  return outputs <= fewOutputs ? 1024 : Math.max(256, Math.floor(keptAtOnce / outputs));
}

/**
 * @param tokens at once, about: see `tokensAtOnce`
 * @returns for each thread its pieces, one after another: the numbers of the sentences of each
 */
export function pieces(lengths: readonly number[], threads: number, tokens: number): number[][][] {
  return shards(lengths, threads).map((shard) => {
    const own = shard.map((index) => lengths[index]!);
    const count = Math.ceil((own.length * Math.max(...own)) / tokens);
    return shards(own, count).map((piece) => piece.map((at) => shard[at]!));
  });
}

/** Of a loss of several columns: less memory, and no slower. */
const mostTokensOfColumns = 512;

/**
 * As `pieces`, for lengths that differ a lot, as those of queries and passages do: each piece has about as many padded
 * tokens as any other, and each thread about as many pieces, of short texts or of long ones.
 */
export function evenPieces(lengths: readonly number[], threads: number, tokens: number): number[][][] {
  const all = lengths.reduce((sum, length) => sum + length, 0);
  const count = threads * Math.ceil(all / Math.min(tokens, mostTokensOfColumns) / threads);
  const tokensOf = (piece: readonly number[]) => piece.length * Math.max(...piece.map((index) => lengths[index]!));
  const parts = Array.from({ length: threads }, () => ({ tokens: 0, pieces: [] as number[][] }));
  // The largest first, each to whoever has least to do.
  for (const piece of shards(lengths, count).toSorted((a, b) => tokensOf(b) - tokensOf(a))) {
    const part = parts.reduce((least, other) => (other.tokens < least.tokens ? other : least));
    part.tokens += tokensOf(piece);
    part.pieces.push(piece);
  }
  return parts.map(({ pieces }) => pieces).filter((pieces) => pieces.length > 0);
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
