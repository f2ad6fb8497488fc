/**
 * Reciprocal rank fusion (Cormack, Clarke, Büttcher 2009): merges rankings by ranks, since scores such as cosine, BM25 and
 * those of sparse embeddings can't be added.
 */
import { requireArray, requirePositiveInteger } from "../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import type { SearchHit } from "./top-k.ts";

export interface ReciprocalRankFusionOptions {
  /** Reduces the weight of the first ranks. Default: 60, as in the paper. */
  readonly k?: number | undefined;
  /** Maximum number of hits. Default: all. */
  readonly topK?: number | undefined;
}

const fusionOptions: OptionTable<ReciprocalRankFusionOptions> = { k: "number", topK: "number" };

/**
 * Fuses the hits of one query, found in several ways, such as by dense and by sparse embeddings of the same documents.
 *
 * @param rankings the hits of each way, best first; their scores count for nothing
 * @returns hits whose score is the sum of `1 / (k + rank)`, ranks counted from 1, best first; ties in order of appearance
 * @throws HpdError `invalid_argument`
 */
export function reciprocalRankFusion(
  rankings: readonly (readonly SearchHit[])[],
  options: ReciprocalRankFusionOptions = {},
): SearchHit[] {
  const { k = 60, topK } = checkedOptions("reciprocalRankFusion", options, fusionOptions);
  requirePositiveInteger("k", k);
  if (topK !== undefined) requirePositiveInteger("topK", topK);
  requireArray("rankings", rankings);
  for (const [index, ranking] of rankings.entries()) requireArray(`rankings[${index}]`, ranking);
  const fused = fuseRanks(
    rankings.map((ranking) => ranking.map(({ corpusId }) => corpusId)),
    k,
  );
  return fused.slice(0, topK).map(({ id, score }) => ({ corpusId: id, score }));
}

/** The same for ids of any kind. @param rankings the best first; no ranking has an id twice */
export function fuseRanks<Id>(rankings: readonly (readonly Id[])[], k: number): { id: Id; score: number }[] {
  const scores = new Map<Id, number>();
  for (const ranking of rankings) {
    for (const [index, id] of ranking.entries()) scores.set(id, (scores.get(id) ?? 0) + 1 / (k + index + 1));
  }
  return [...scores].map(([id, score]) => ({ id, score })).sort((a, b) => b.score - a.score);
}
