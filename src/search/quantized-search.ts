/**
 * Search in a quantized corpus: int8 takes a fourth of the memory of float32, binary a 32nd. Integer arithmetic finds
 * candidates, which are rescored with the float32 query.
 * Source: `semantic_search_usearch` and `semantic_search_faiss` of sentence-transformers. They quantize the query, too;
 * here an int8 corpus is searched with a query of 16 bits a dimension, which finds more of the true neighbours in the
 * same time. A binary corpus is searched by Hamming distance in both.
 *
 * Scores are dot products of the float32 query. With `rescoreEmbeddings` they are those with the embeddings, of length
 * 1 (`normalizeEmbeddings`) the cosine; with values restored from int8 and uint8 they approximate it. With binary rows
 * they are no cosine, but the sum of the query's numbers where the bit of the row is 1.
 */

import { requirePositiveInteger } from "../common/arguments.ts";
import { checkedOptions, type Hints, type OptionTable } from "../common/options.ts";
import { Yielder } from "../common/yielder.ts";
import { HpdError } from "../errors.ts";
import { asEmbeddings, type EmbeddingsLike } from "../similarity/as-embeddings.ts";
import { QuantizedEmbeddings } from "../similarity/quantized-embeddings.ts";
import { notFinite, requireFinite } from "../similarity/require-finite.ts";
import { requireSameDimension } from "../similarity/similarity.ts";
import { rowsAt } from "../tensor/rows.ts";
import { allocate } from "./arguments.ts";
import { QuantizedCorpus } from "./quantized-corpus.ts";
import { ScoreKernel } from "./score-kernel.ts";
import { type SearchHit, TopK } from "./top-k.ts";

/** Fetches the float32 embeddings at some positions of the corpus, in that order. */
export type EmbeddingsAt = (corpusIds: readonly number[]) => EmbeddingsLike | Promise<EmbeddingsLike>;

export interface QuantizedSearchOptions {
  /** Maximum number of hits per query. Default: 10. */
  readonly topK?: number | undefined;
  /**
   * Whether candidates are rescored with the float32 query. Default: true. If false, scores are those by which
   * candidates are found: for binary the negated Hamming distance.
   */
  readonly rescore?: boolean | undefined;
  /** Candidates per hit. Default: 2. */
  readonly rescoreMultiplier?: number | undefined;
  /**
   * The corpus in float32, for rescoring, or a function that fetches rows of it. Default: values restored from the
   * quantized corpus.
   */
  readonly rescoreEmbeddings?: EmbeddingsLike | EmbeddingsAt | undefined;
  /** Stops the search; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const quantizedSearchOptions: OptionTable<QuantizedSearchOptions> = {
  topK: "number",
  rescore: "boolean",
  rescoreMultiplier: "number",
  rescoreEmbeddings: "any",
  signal: "signal",
};

/** Hints for names of options in Python. */
const quantizedSearchHints: Hints = {
  corpusPrecision: "the corpus has its precision",
  ranges: "the corpus has its ranges",
  exact: "the search is exact among the quantized embeddings",
};

/**
 * The hits of each query, best first; of equal scores the lower position first. Yields to the event loop.
 *
 * @throws HpdError `invalid_argument` for dimensions that differ, a corpus that is not quantized, numbers that are not
 *   finite and other invalid arguments; the signal's reason when it aborts
 */
export async function semanticSearchQuantized(
  queryEmbeddings: EmbeddingsLike,
  corpusEmbeddings: QuantizedEmbeddings,
  options: QuantizedSearchOptions = {},
): Promise<SearchHit[][]> {
  checkedOptions("semanticSearchQuantized", options, quantizedSearchOptions, quantizedSearchHints);
  const { topK = 10, rescore = true, rescoreMultiplier = 2, rescoreEmbeddings, signal } = options;
  requirePositiveInteger("topK", topK);
  requirePositiveInteger("rescoreMultiplier", rescoreMultiplier);
  const yielder = new Yielder(signal);
  const queries = asEmbeddings(queryEmbeddings);
  if (!(corpusEmbeddings instanceof QuantizedEmbeddings)) {
    throw new HpdError(
      "invalid_argument",
      "expected a corpus of QuantizedEmbeddings, as encode and quantizeEmbeddings make them; new QuantizedEmbeddings(...) " +
        "makes them of stored bytes",
    );
  }
  if (queries.count === 0) return [];
  const corpus = new QuantizedCorpus(corpusEmbeddings, queries);
  requireFinite(queries, "query");
  const { count } = corpusEmbeddings;
  const most = Math.min(rescore ? topK * rescoreMultiplier : topK, count);
  const best = allocate(`${most} candidates for each of ${queries.count} queries`, () => new TopK(queries.count, most));
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
    inspect(query, row, score) {
      if (score <= best.threshold(query)) return;
      best.add(query, row, score);
      limits[query] = best.threshold(query);
    },
  });
}

function asEmbeddingsAt(given: EmbeddingsLike | EmbeddingsAt | undefined, corpus: QuantizedCorpus): EmbeddingsAt {
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
      `rescoreEmbeddings should return ${candidates.length} embeddings, got ${rows.count}`,
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
