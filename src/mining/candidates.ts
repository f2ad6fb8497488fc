/**
 * The nearest candidates of each anchor, block by block: memory, beside embeddings, is that of one block's hits.
 */

import { Yielder } from "../common/yielder.ts";
import { allocate } from "../search/arguments.ts";
import { FloatSearch } from "../search/float-search.ts";
import { TopK } from "../search/top-k.ts";
import { type SimilarityFunction, similarityPairwise } from "../similarity/similarity.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { rowsAt, rowsBetween } from "../tensor/rows.ts";
import type { Scored } from "./select-negatives.ts";

/** A call of a search's thread takes as many. */
const queriesAtOnce = 2048;
/** Most hits of a block, 8 bytes each. */
const hitsAtOnce = 4e6;

export interface EmbeddedPairs {
  readonly queries: Embeddings;
  readonly corpus: Embeddings;
  readonly positives: readonly (readonly number[])[];
  readonly similarityFunction: SimilarityFunction;
}

export interface QueryCandidates {
  readonly query: number;
  /** The best first; of equal scores the one that comes first in the corpus. */
  readonly candidates: Scored;
  /** Scores of the query's positives, in their order. */
  readonly positiveScores: Float32Array;
}

/**
 * @param most candidates of a query
 * @throws HpdError `invalid_argument` for numbers that are not finite; the signal's reason
 */
export async function* candidatesOf(
  { queries, corpus, positives, similarityFunction }: EmbeddedPairs,
  most: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly QueryCandidates[], void, undefined> {
  const yielder = new Yielder(signal);
  const k = Math.min(most, corpus.count);
  const size = Math.max(Math.min(queriesAtOnce, Math.floor(hitsAtOnce / k)), 1);
  const search = new FloatSearch(similarityFunction, corpus.dimension, yielder);
  try {
    for (let start = 0; start < queries.count; start += size) {
      const block = rowsBetween(queries, start, Math.min(start + size, queries.count));
      const best = allocate(`${k} candidates`, () => new TopK(block.count, k));
      await search.search(block, corpus, 0, best);
      const found: QueryCandidates[] = [];
      for (let at = 0; at < block.count; at++) {
        const own = positives[start + at]!;
        const hits = best.hits(at);
        found.push({
          query: start + at,
          candidates: {
            ids: Uint32Array.from(hits, ({ corpusId }) => corpusId),
            scores: Float32Array.from(hits, ({ score }) => score),
          },
          positiveScores: similarityPairwise(
            rowsAt(
              block,
              own.map(() => at),
            ),
            rowsAt(corpus, own),
            similarityFunction,
          ),
        });
        if (yielder.isDue) await yielder.yield();
      }
      yield found;
    }
  } finally {
    await search.dispose();
  }
}
