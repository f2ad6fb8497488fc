/**
 * Hits that are like the query and unlike one another, chosen one at a time: the next has the largest
 * lambda sim(query, hit) - (1 - lambda) max over the chosen of sim(hit, chosen).
 * Source: Carbonell and Goldstein, The Use of MMR, Diversity-Based Reranking for Reordering Documents and Producing
 * Summaries, SIGIR 1998. KeyBERT has it as `mmr`, whose `diversity` is 1 - lambda; LangChain with the same lambda.
 */

import { requirePositiveInteger } from "../common/arguments.ts";
import { checkedOptions, type Hints, type OptionTable } from "../common/options.ts";
import { HpdError } from "../errors.ts";
import {
  asEmbeddings,
  asSimilarityFunction,
  type EmbeddingsLike,
  requireSameDimension,
  type SimilarityFunction,
} from "../similarity/similarity.ts";
import { prepareRows, scoreBlock } from "./score-block.ts";
import type { SearchHit } from "./top-k.ts";

export interface MaximalMarginalRelevanceOptions {
  /** How many are chosen. Default: 10. */
  readonly topK?: number | undefined;
  /** From 0, where only being unlike counts, to 1, where only relevance does. Default: 0.5. */
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
 * @param candidates embeddings of the hits of a search, more of them than are wanted
 * @returns positions among the candidates and similarities to the query, in the order in which they were chosen; where
 *   two are as good, the lower position is
 * @throws HpdError `invalid_argument`, `unsupported` for a similarity function that is not known
 */
export function maximalMarginalRelevance(
  query: EmbeddingsLike,
  candidates: EmbeddingsLike,
  options: MaximalMarginalRelevanceOptions = {},
): SearchHit[] {
  checkedOptions("maximalMarginalRelevance", options, mmrOptions, mmrHints);
  const { topK = 10, lambda = 0.5, similarityFunction = "cosine" } = options;
  asSimilarityFunction(similarityFunction, "maximalMarginalRelevance");
  requirePositiveInteger("topK", topK);
  if (!(lambda >= 0 && lambda <= 1)) {
    throw new HpdError("invalid_argument", `lambda should be a number from 0 to 1, got ${String(lambda)}`);
  }
  const [one, many] = [asEmbeddings(query), asEmbeddings(candidates)];
  if (one.count !== 1) throw new HpdError("invalid_argument", `one query is reranked at a time, got ${one.count}`);
  const { count } = many;
  if (count === 0) return [];
  requireSameDimension(one, many);
  const [left, right] = [
    prepareRows(one, similarityFunction, "query"),
    prepareRows(many, similarityFunction, "candidate"),
  ];
  const all = { start: 0, end: count };
  const relevance = new Float32Array(count);
  scoreBlock(similarityFunction, left, { start: 0, end: 1 }, right, all, relevance);
  // The first is the most relevant: there is nothing yet that it could be like.
  let gains = Float64Array.from(relevance);
  const likeness = new Float32Array(count).fill(Number.NEGATIVE_INFINITY);
  const likeLast = new Float32Array(count);
  const chosen: SearchHit[] = [];
  for (;;) {
    let next = 0;
    for (let candidate = 1; candidate < count; candidate++) if (gains[candidate]! > gains[next]!) next = candidate;
    chosen.push({ corpusId: next, score: relevance[next]! });
    if (chosen.length === Math.min(topK, count)) return chosen;
    scoreBlock(similarityFunction, right, { start: next, end: next + 1 }, right, all, likeLast);
    // For good, whatever it is like.
    likeness[next] = Number.POSITIVE_INFINITY;
    gains = gains.map((_, candidate) => {
      likeness[candidate] = Math.max(likeness[candidate]!, likeLast[candidate]!);
      if (likeness[candidate] === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY;
      return lambda * relevance[candidate]! - (1 - lambda) * likeness[candidate]!;
    });
  }
}
