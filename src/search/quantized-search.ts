/**
 * Search in a corpus of fewer bits: int8 takes a fourth of the memory of float32, binary a 32nd. Integer arithmetic finds
 * candidates, and the float32 query ranks them anew.
 * Source: `semantic_search_usearch` and `semantic_search_faiss` of sentence-transformers. They quantize the query, too;
 * here an int8 corpus is searched with a query of 16 bits a dimension, which finds more of the true neighbours and takes
 * no longer. A binary corpus is searched by Hamming distance in both.
 *
 * Scores are dot products of the float32 query. With `rescoreEmbeddings` they are those with the embeddings, of length 1
 * (`normalizeEmbeddings`) the cosine; with what int8 and uint8 tell of the embeddings they are nearly that. With bits alone
 * they are no cosine: the sum of the query's numbers where the bit of the row is 1.
 */

import { requirePositiveInteger } from "../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import { Yielder } from "../common/yielder.ts";
import { HpdError } from "../errors.ts";
import type { QuantizationRanges } from "../similarity/quantization.ts";
import { notFinite, requireFinite } from "../similarity/require-finite.ts";
import { asEmbeddings, type EmbeddingsLike, requireSameDimension } from "../similarity/similarity.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { rowsAt } from "../tensor/rows.ts";
import { orTooMany } from "./arguments.ts";
import { QuantizedCorpus, type QuantizedPrecision } from "./quantized-corpus.ts";
import { ScoreKernel } from "./score-kernel.ts";
import { type SearchHit, TopK } from "./top-k.ts";

/** The float32 embeddings at some positions of the corpus, in that order. */
export type EmbeddingsAt = (corpusIds: readonly number[]) => Embeddings | Promise<Embeddings>;

export interface QuantizedSearchOptions {
  /** As what the corpus was quantized by `quantizeEmbeddings`. */
  readonly corpusPrecision: QuantizedPrecision;
  /** For int8 and uint8: the ranges with which the corpus was quantized. */
  readonly ranges?: QuantizationRanges | undefined;
  /** How many hits a query has at most. Default: 10. */
  readonly topK?: number | undefined;
  /**
   * Ranks candidates anew by the float32 query. Default: true. If false, scores are those by which candidates are found:
   * for binary the number of bits that differ, negated.
   */
  readonly rescore?: boolean | undefined;
  /** How many candidates there are for each hit. Default: 2. */
  readonly rescoreMultiplier?: number | undefined;
  /**
   * What candidates are ranked by: the corpus in float32, wherever it is. Default: what the quantized corpus tells of
   * it.
   */
  readonly rescoreEmbeddings?: Embeddings | EmbeddingsAt | undefined;
  /** Stops the search; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const quantizedSearchOptions: OptionTable<QuantizedSearchOptions> = {
  corpusPrecision: "string",
  ranges: "any",
  topK: "number",
  rescore: "boolean",
  rescoreMultiplier: "number",
  rescoreEmbeddings: "any",
  signal: "signal",
};

/**
 * The hits of each query, best first; of equal scores the lower position first. Lets the event loop turn as it goes.
 *
 * @throws HpdError `invalid_argument` for dimensions that differ, a corpus of another precision, numbers that are not
 *   finite and other odd arguments; the signal's reason when it aborts
 */
export async function semanticSearchQuantized(
  queryEmbeddings: EmbeddingsLike,
  corpusEmbeddings: Embeddings<Int8Array | Uint8Array>,
  options: QuantizedSearchOptions,
): Promise<SearchHit[][]> {
  checkedOptions("semanticSearchQuantized", options, quantizedSearchOptions);
  const { topK = 10, rescore = true, rescoreMultiplier = 2, rescoreEmbeddings, signal } = options;
  requirePositiveInteger("topK", topK);
  requirePositiveInteger("rescoreMultiplier", rescoreMultiplier);
  const yielder = new Yielder(signal);
  const queries = asEmbeddings(queryEmbeddings);
  if (queries.count === 0) return [];
  const corpus = new QuantizedCorpus(corpusEmbeddings, options.corpusPrecision, queries, options.ranges);
  requireFinite(queries, "query");
  const { count } = corpusEmbeddings;
  const most = Math.min(rescore ? topK * rescoreMultiplier : topK, count);
  const best = orTooMany(
    `${most} candidates for each of ${queries.count} queries`,
    () => new TopK(queries.count, most),
  );
  if (count > 0) await findCandidates(corpus, best, yielder);
  const embeddingsAt = asEmbeddingsAt(rescoreEmbeddings, corpus);
  const found: SearchHit[][] = [];
  for (let query = 0; query < queries.count; query++) {
    const candidates = best.hits(query);
    if (rescore) found.push((await rank(queries.row(query), candidates, embeddingsAt)).slice(0, topK));
    else found.push(candidates.map(({ corpusId, score }) => ({ corpusId, score: corpus.scoreOf(query, score) })));
    if (yielder.isDue) await yielder.yield();
  }
  return found;
}

async function findCandidates(corpus: QuantizedCorpus, best: TopK, yielder: Yielder): Promise<void> {
  const kernel = new ScoreKernel(corpus.kind, corpus.rows.dimension);
  const limits = new Float64Array(corpus.queries.count).fill(Number.NEGATIVE_INFINITY);
  await kernel.scan(corpus.rows, corpus.queries, limits, {
    yielder,
    look(query, row, score) {
      if (score <= best.threshold(query)) return;
      best.add(query, row, score);
      limits[query] = best.threshold(query);
    },
  });
}

function asEmbeddingsAt(given: Embeddings | EmbeddingsAt | undefined, corpus: QuantizedCorpus): EmbeddingsAt {
  if (given === undefined) return (ids) => corpus.restore(ids);
  if (typeof given === "function") return given;
  const originals = asEmbeddings(given);
  if (originals.count !== corpus.rows.count) {
    throw new HpdError(
      "invalid_argument",
      `rescoreEmbeddings should be the corpus in float32, ${corpus.rows.count} embeddings, got ${originals.count}`,
    );
  }
  return (ids) => rowsAt(originals, ids);
}

async function rank(query: Float32Array, candidates: SearchHit[], embeddingsAt: EmbeddingsAt): Promise<SearchHit[]> {
  if (candidates.length === 0) return [];
  const rows = asEmbeddings(await embeddingsAt(candidates.map(({ corpusId }) => corpusId)));
  if (rows.count !== candidates.length) {
    throw new HpdError(
      "invalid_argument",
      `rescoreEmbeddings was asked for ${candidates.length} embeddings, and gave ${rows.count}`,
    );
  }
  requireSameDimension(asEmbeddings(query), rows);
  return candidates
    .map(({ corpusId }, index) => ({ corpusId, score: dot(query, rows.row(index), corpusId) }))
    .sort((a, b) => b.score - a.score || a.corpusId - b.corpusId);
}

function dot(query: Float32Array, row: Float32Array, corpusId: number): number {
  let sum = 0;
  for (let i = 0; i < query.length; i++) sum += query[i]! * row[i]!;
  if (!Number.isFinite(sum)) throw notFinite(`embedding ${corpusId} of the corpus`);
  return Math.fround(sum);
}
