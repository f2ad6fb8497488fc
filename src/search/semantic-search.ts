/**
 * Exact search: every query against every embedding of a corpus.
 * Source: `semantic_search` of sentence-transformers. There, equal scores come in any order; here the lower position
 * first.
 *
 * Memory, beside the embeddings: k hits a query, and what float-search.ts says.
 */

import { requireOneOf, requirePositiveInteger } from "../common/arguments.ts";
import { checkedOptions, type Hints, type OptionTable } from "../common/options.ts";
import { Yielder } from "../common/yielder.ts";
import { asEmbeddings, type EmbeddingsLike } from "../similarity/as-embeddings.ts";
import { type SimilarityFunction, similarityFunctions } from "../similarity/similarity.ts";
import { allocate } from "./arguments.ts";
import { blocksOf, type EmbeddingStream, piecesOf } from "./blocks.ts";
import { FloatSearch } from "./float-search.ts";
import { type SearchHit, TopK } from "./top-k.ts";

export interface SemanticSearchOptions {
  /** Maximum number of hits per query. Default: 10. */
  readonly topK?: number | undefined;
  /** Default: `cosine`. */
  readonly similarityFunction?: SimilarityFunction | undefined;
  /** Stops the search; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export const semanticSearchOptions: OptionTable<SemanticSearchOptions> = {
  topK: "number",
  similarityFunction: "string",
  signal: "signal",
};

/** Hints for names of options in Python. */
export const searchHints: Hints = {
  scoreFunction: "similarityFunction is its name here",
  queryChunkSize: "blocks are made by the size of the embeddings",
  corpusChunkSize: "blocks are made by the size of the embeddings",
  showProgressBar: "there is none",
};

/** A corpus as a whole or in pieces, single embeddings or many; positions are counted over all pieces. */
export type Corpus = EmbeddingsLike | EmbeddingStream;

/** Rows of a block: smaller pieces are gathered. */
const rowsWorthSearch = 4096;

/**
 * The hits of each query, best first. Yields to the event loop.
 *
 * @throws HpdError `invalid_argument` for dimensions that differ, numbers that are not finite, more hits than fit in
 *   memory and other invalid arguments; the signal's reason when it aborts
 */
export async function semanticSearch(
  queryEmbeddings: EmbeddingsLike,
  corpusEmbeddings: Corpus,
  options: SemanticSearchOptions = {},
): Promise<SearchHit[][]> {
  checkedOptions("semanticSearch", options, semanticSearchOptions, searchHints);
  const { topK = 10, similarityFunction = "cosine", signal } = options;
  requireOneOf("similarityFunction", similarityFunction, similarityFunctions);
  requirePositiveInteger("topK", topK);
  const yielder = new Yielder(signal);
  const queries = asEmbeddings(queryEmbeddings);
  const pieces = piecesOf(corpusEmbeddings);
  const count = Array.isArray(pieces) ? pieces.reduce((sum, piece) => sum + asEmbeddings(piece).count, 0) : topK;
  const what = `${topK} hits for each of ${queries.count} queries`;
  const best = allocate(what, () => new TopK(queries.count, Math.min(topK, count)));
  if (queries.count === 0) return [];
  const search = new FloatSearch(similarityFunction, queries.dimension, yielder);
  try {
    await search.searchBlocks(queries, blocksOf(pieces, rowsWorthSearch, signal), best);
  } finally {
    await search.dispose();
  }
  const found: SearchHit[][] = [];
  for (let query = 0; query < queries.count; query++) {
    found.push(best.hits(query));
    if (yielder.isDue) await yielder.yield();
  }
  return found;
}
