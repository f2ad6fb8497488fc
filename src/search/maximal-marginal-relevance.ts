/**
 * Hits that are similar to the query and dissimilar to one another, chosen one at a time: the next has the largest
 * lambda sim(query, hit) - (1 - lambda) max over the chosen of sim(hit, chosen).
 * Source: Carbonell and Goldstein, The Use of MMR, Diversity-Based Reranking for Reordering Documents and Producing
 * Summaries, SIGIR 1998. KeyBERT has it as `mmr`, whose `diversity` is 1 - lambda; LangChain with the same lambda.
 */

import { requireOneOf, requirePositiveInteger } from "../common/arguments.ts";
import { checkedOptions, type Hints, type OptionTable } from "../common/options.ts";
import { HpdError } from "../errors.ts";
import { asEmbeddings, type EmbeddingsLike } from "../similarity/as-embeddings.ts";
import { requireSameDimension, type SimilarityFunction, similarityFunctions } from "../similarity/similarity.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { type PreparedRows, prepareRows, scorePair } from "./exact-score.ts";
import type { SearchHit } from "./top-k.ts";

export interface MaximalMarginalRelevanceOptions {
  /** Number of hits that are chosen. Default: 10. */
  readonly topK?: number | undefined;
  /** Weight of relevance against diversity: 0 is diversity only, 1 relevance only. Default: 0.5. */
  readonly lambda?: number | undefined;
  /** Default: `cosine`. */
  readonly similarityFunction?: SimilarityFunction | undefined;
}

const mmrOptions: OptionTable<MaximalMarginalRelevanceOptions> = {
  topK: "number",
  lambda: "number",
  similarityFunction: "string",
};

const mmrHints: Hints = { diversity: "lambda is 1 - diversity" };

/**
 * @param query a single embedding
 * @param candidates embeddings of the hits of a search, more than `topK`
 * @returns positions among the candidates and similarities to the query, in the order in which they were chosen; of
 *   equally good ones the lower position first
 * @throws HpdError `invalid_argument`
 */
export function maximalMarginalRelevance(
  query: EmbeddingsLike,
  candidates: EmbeddingsLike,
  options: MaximalMarginalRelevanceOptions = {},
): SearchHit[] {
  checkedOptions("maximalMarginalRelevance", options, mmrOptions, mmrHints);
  const { topK = 10, lambda = 0.5, similarityFunction = "cosine" } = options;
  requireOneOf("similarityFunction", similarityFunction, similarityFunctions);
  requirePositiveInteger("topK", topK);
  if (!(lambda >= 0 && lambda <= 1)) {
    throw new HpdError("invalid_argument", `lambda should be a number from 0 to 1, got ${String(lambda)}`);
  }
  const [one, many] = [asEmbeddings(query), asEmbeddings(candidates)];
  if (one.count !== 1) throw new HpdError("invalid_argument", `query should be a single embedding, got ${one.count}`);
  const { count } = many;
  if (count === 0) return [];
  requireSameDimension(one, many);
  const [left, right] = [
    prepareRows(one, similarityFunction, "query"),
    prepareRows(many, similarityFunction, "candidate"),
  ];
  const relevance = scoresOf(left, 0, many);
  // The first is the most relevant: nothing has been chosen yet.
  let gains = Float64Array.from(relevance);
  /** The largest similarity of each candidate to the chosen; infinite for the chosen themselves. */
  const redundancy = new Float32Array(count).fill(Number.NEGATIVE_INFINITY);
  const chosen: SearchHit[] = [];
  for (;;) {
    let next = 0;
    for (let candidate = 1; candidate < count; candidate++) if (gains[candidate]! > gains[next]!) next = candidate;
    chosen.push({ corpusId: next, score: relevance[next]! });
    if (chosen.length === Math.min(topK, count)) return chosen;
    redundancy[next] = Number.POSITIVE_INFINITY;
    const similarities = scoresOf(right, next, many);
    gains = gains.map((_, candidate) => {
      redundancy[candidate] = Math.max(redundancy[candidate]!, similarities[candidate]!);
      if (redundancy[candidate] === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY;
      return lambda * relevance[candidate]! - (1 - lambda) * redundancy[candidate]!;
    });
  }
}

/** `[count]`: the similarity of a row to each of the others. */
function scoresOf(rows: PreparedRows, row: number, others: Embeddings): Float32Array {
  return Float32Array.from({ length: others.count }, (_, other) => scorePair(rows, row, others, other));
}
