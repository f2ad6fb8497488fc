/**
 * Exact search: every query against every embedding of a corpus.
 * Source: `semantic_search` of sentence-transformers. There, equal scores come in any order; here the lower position first.
 *
 * Memory, beside the embeddings: k hits a query, and what float-search.ts says.
 */
import {
  asEmbeddings,
  asSimilarityFunction,
  type EmbeddingsLike,
  requireSameDimension,
  type SimilarityFunction,
} from "../similarity/similarity.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import { orTooMany, requirePositiveInteger } from "./arguments.ts";
import { FloatSearch } from "./float-search.ts";
import { type SearchHit, TopK } from "./top-k.ts";
import { Turns } from "./turns.ts";

export interface SemanticSearchOptions {
  /** How many hits a query has at most. Default: 10. */
  topK?: number;
  /** Default: `cosine`. */
  similarityFunction?: SimilarityFunction;
  /** Stops the search; the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** A corpus, or its pieces one after the other: positions count on from piece to piece. */
export type Corpus = EmbeddingsLike | Iterable<EmbeddingsLike> | AsyncIterable<EmbeddingsLike>;

/**
 * The hits of each query, best first. Lets the event loop turn as it goes.
 *
 * @throws HpdError `invalid_argument` for dimensions that differ, numbers that are not finite, more hits than fit in memory
 *   and other odd arguments, `unsupported` for a similarity function that is not known; the signal's reason when it aborts
 */
export async function semanticSearch(
  queryEmbeddings: EmbeddingsLike,
  corpusEmbeddings: Corpus,
  { topK = 10, similarityFunction = "cosine", signal }: SemanticSearchOptions = {},
): Promise<SearchHit[][]> {
  asSimilarityFunction(similarityFunction, "semanticSearch");
  requirePositiveInteger("topK", topK);
  const turns = new Turns(signal);
  const queries = asEmbeddings(queryEmbeddings);
  const pieces = piecesOf(corpusEmbeddings);
  const count = Array.isArray(pieces) ? pieces.reduce((sum, piece) => sum + asEmbeddings(piece).count, 0) : topK;
  const what = `${topK} hits for each of ${queries.count} queries`;
  const best = orTooMany(what, () => new TopK(queries.count, Math.min(topK, count)));
  const search = new FloatSearch(similarityFunction, queries.dimension, turns);
  try {
    let searched = 0;
    for await (const given of pieces) {
      const piece = asEmbeddings(given);
      if (piece.count === 0 || queries.count === 0) continue;
      requireSameDimension(queries, piece);
      await search.search(queries, piece, searched, best);
      searched += piece.count;
    }
  } finally {
    await search.dispose();
  }
  return Array.from({ length: queries.count }, (_, query) => best.hits(query));
}

function piecesOf(corpus: Corpus): Iterable<EmbeddingsLike> | AsyncIterable<EmbeddingsLike> {
  const isWhole = corpus instanceof Embeddings || corpus instanceof Float32Array;
  const isObject = typeof corpus === "object" && corpus !== null;
  const isInPieces = isObject && !isWhole && (Symbol.iterator in corpus || Symbol.asyncIterator in corpus);
  return isInPieces ? corpus : [asEmbeddings(corpus as EmbeddingsLike)];
}
