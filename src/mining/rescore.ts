/** Scores of a cross-encoder instead of those of embeddings. */

import type { QueryCandidates } from "./candidates.ts";
import type { MineHardNegativesOptions } from "./options.ts";
import type { Pairs } from "./pairs.ts";

/** Pairs of one call: as many as a cross-encoder sorts by length together. */
const pairsAtOnce = 16_384;

export interface Rescoring {
  readonly crossEncoder: NonNullable<MineHardNegativesOptions["crossEncoder"]>;
  readonly signal: AbortSignal | undefined;
  onRescored(queries: number): void;
}

/** @throws HpdError whatever `predict` throws; the signal's reason */
export async function rescored(
  found: readonly QueryCandidates[],
  { queries, corpus, positives }: Pairs,
  { crossEncoder, signal, onRescored }: Rescoring,
): Promise<QueryCandidates[]> {
  const again: QueryCandidates[] = [];
  for (const part of partsOf(found, positives)) {
    const pairs = part.flatMap(({ query, candidates: { ids } }) =>
      [...Array.from(ids), ...positives[query]!].map((id) => [queries[query]!, corpus[id]!] as const),
    );
    const scores = await crossEncoder.predict(pairs, { ...(signal && { signal }) });
    let at = 0;
    const take = (count: number): Float32Array => {
      at += count;
      return scores.subarray(at - count, at);
    };
    for (const { query, candidates, positiveScores } of part) {
      again.push({
        query,
        candidates: { ids: candidates.ids, scores: take(candidates.ids.length) },
        positiveScores: take(positiveScores.length),
      });
    }
    onRescored(part.length);
  }
  return again;
}

/** Splits queries into parts of about `pairsAtOnce` pairs. */
function* partsOf(
  found: readonly QueryCandidates[],
  positives: Pairs["positives"],
): Generator<readonly QueryCandidates[], void, undefined> {
  let part: QueryCandidates[] = [];
  let pairs = 0;
  for (const each of found) {
    part.push(each);
    pairs += each.candidates.ids.length + positives[each.query]!.length;
    if (pairs < pairsAtOnce) continue;
    yield part;
    part = [];
    pairs = 0;
  }
  if (part.length > 0) yield part;
}
