/**
 * Exact search: every query against every embedding of a corpus.
 * Source: `semantic_search` of sentence-transformers. There, equal scores come in any order; here the lower position first.
 *
 * Memory, beside the embeddings: k hits a query and 8 bytes an embedding of the piece of the corpus that is searched.
 */
import { HpdError } from "../errors.ts";
import {
  asEmbeddings,
  asSimilarityFunction,
  type EmbeddingsLike,
  requireSameDimension,
  type SimilarityFunction,
} from "../similarity/similarity.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import { prepareRows, scoreBlock } from "./score-block.ts";
import { type SearchHit, TopK } from "./top-k.ts";

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

/** A block of both stays in the processor's cache. */
const queriesInBlock = 64;
const corpusInBlock = 512;
const turnMilliseconds = 20;

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
  signal?.throwIfAborted();
  const queries = asEmbeddings(queryEmbeddings);
  const preparedQueries = prepareRows(queries, similarityFunction);
  const pieces = piecesOf(corpusEmbeddings);
  const count = Array.isArray(pieces) ? pieces.reduce((sum, piece) => sum + asEmbeddings(piece).count, 0) : topK;
  const best = roomFor(queries.count, Math.min(topK, count));
  const scores = new Float32Array(queriesInBlock * corpusInBlock);
  let searched = 0;
  let turn = performance.now();
  for await (const given of pieces) {
    const piece = asEmbeddings(given);
    if (piece.count > 0 && queries.count > 0) requireSameDimension(queries, piece);
    const prepared = prepareRows(piece, similarityFunction);
    for (const corpusRows of ranges(piece.count, corpusInBlock)) {
      const width = corpusRows.end - corpusRows.start;
      for (const rows of ranges(queries.count, queriesInBlock)) {
        scoreBlock(similarityFunction, preparedQueries, rows, prepared, corpusRows, scores);
        for (let query = rows.start, at = 0; query < rows.end; query++) {
          let threshold = best.threshold(query);
          for (let id = searched + corpusRows.start, end = id + width; id < end; id++, at++) {
            if (scores[at]! <= threshold) continue;
            best.add(query, id, scores[at]!);
            threshold = best.threshold(query);
          }
        }
        if (performance.now() - turn < turnMilliseconds) continue;
        await new Promise((resolve) => setTimeout(resolve));
        signal?.throwIfAborted();
        turn = performance.now();
      }
    }
    searched += piece.count;
  }
  return Array.from({ length: queries.count }, (_, query) => best.hits(query));
}

function roomFor(queries: number, topK: number): TopK {
  try {
    return new TopK(queries, topK);
  } catch (cause) {
    throw new HpdError(
      "invalid_argument",
      `${topK} hits for each of ${queries} queries don't fit in memory: a lower topK does, or fewer queries at a time`,
      { cause },
    );
  }
}

function piecesOf(corpus: Corpus): Iterable<EmbeddingsLike> | AsyncIterable<EmbeddingsLike> {
  const isWhole = corpus instanceof Embeddings || corpus instanceof Float32Array;
  const isObject = typeof corpus === "object" && corpus !== null;
  const isInPieces = isObject && !isWhole && (Symbol.iterator in corpus || Symbol.asyncIterator in corpus);
  return isInPieces ? corpus : [asEmbeddings(corpus as EmbeddingsLike)];
}

function* ranges(count: number, size: number): Generator<{ start: number; end: number }> {
  for (let start = 0; start < count; start += size) yield { start, end: Math.min(start + size, count) };
}

/** @throws HpdError `invalid_argument` */
export function requirePositiveInteger(option: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new HpdError("invalid_argument", `${option} should be a positive integer, got ${String(value)}`);
}
