/**
 * The pairs of a set of texts that are most alike.
 * Source: `paraphrase_mining_embeddings` of sentence-transformers. There, equal scores come in any order; here the pair
 * with the lower positions first.
 */

import { asEmbeddings } from "../similarity/similarity.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import { requirePositiveInteger, type SemanticSearchOptions, semanticSearch } from "./semantic-search.ts";

export interface ParaphraseMiningOptions extends SemanticSearchOptions {
  /** How many pairs come back at most. Default: 500,000. */
  maxPairs?: number;
  /** With how many others each text is paired at most. Default: 100. */
  topK?: number;
}

export interface ParaphrasePair {
  readonly score: number;
  /** Positions of the two texts, the lower one first. */
  readonly first: number;
  readonly second: number;
}

const queriesAtOnce = 1024;

/**
 * Each pair once, the most alike first.
 *
 * @throws HpdError as `semanticSearch`
 */
export async function paraphraseMining(
  embeddings: Embeddings,
  { maxPairs = 500_000, topK = 100, ...options }: ParaphraseMiningOptions = {},
): Promise<ParaphrasePair[]> {
  requirePositiveInteger("maxPairs", maxPairs);
  requirePositiveInteger("topK", topK);
  const { data, count, dimension } = asEmbeddings(embeddings);
  let pairs: ParaphrasePair[] = [];
  for (let start = 0; start < count; start += queriesAtOnce) {
    const end = Math.min(start + queriesAtOnce, count);
    const queries = new Embeddings(data.subarray(start * dimension, end * dimension), end - start, dimension);
    // One more, since every text is most like itself.
    const hits = await semanticSearch(queries, embeddings, { ...options, topK: topK + 1 });
    for (const [query, found] of hits.entries()) {
      const text = start + query;
      for (const { corpusId, score } of found.filter(({ corpusId }) => corpusId !== text).slice(0, topK)) {
        pairs.push({ score, first: Math.min(text, corpusId), second: Math.max(text, corpusId) });
      }
    }
    // Each of two texts may have found the other, so that half of the pairs can be there twice.
    if (pairs.length > 4 * maxPairs) pairs = bestPairs(pairs, maxPairs);
  }
  return bestPairs(pairs, maxPairs);
}

/** Sorted, each once: both ways round a pair has the same score to the last bit. */
function bestPairs(pairs: ParaphrasePair[], maxPairs: number): ParaphrasePair[] {
  pairs.sort((a, b) => b.score - a.score || a.first - b.first || a.second - b.second);
  const isNew = ({ first, second }: ParaphrasePair, index: number) =>
    pairs[index - 1]?.first !== first || pairs[index - 1]?.second !== second;
  return pairs.filter(isNew).slice(0, maxPairs);
}
