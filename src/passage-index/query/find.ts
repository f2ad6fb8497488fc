/** Both searches of a store, at one version of it, and their fusion. */
import type { Condition } from "../filter.ts";
import type { IndexStore, StoreHit } from "../store.ts";
import { type DistinctHit, distinctHits } from "./distinct-hits.ts";

/** A query: by meaning, by words or by both. */
export interface Wanted {
  readonly embedding: Float32Array | undefined;
  readonly words: string | undefined;
  readonly topK: number;
  readonly conditions: readonly Condition[];
  readonly signal: AbortSignal | undefined;
}

/** Hits of each ranking that are fused: a passage at the end of one may be near the top of the other. */
const fusedDepth = 100;

/** Additional hits that are requested, for copies among them. */
const copiesDepth = 10;

/** Maximum number of hits that are requested: if so many are copies, more would be copies, too. */
const mostDepth = 5000;

/** Tries to search while nobody commits: of a store that changes all the time, the last one counts. */
const mostTries = 5;

/** @returns at most `topK` hits, best first */
export async function find(store: IndexStore, wanted: Wanted): Promise<DistinctHit[]> {
  const { embedding, words, topK, signal } = wanted;
  const isFused = embedding !== undefined && words !== undefined;
  let depth = isFused ? Math.max(topK + copiesDepth, fusedDepth) : topK + copiesDepth;
  for (;;) {
    signal?.throwIfAborted();
    const rankings = isFused
      ? await atOneVersion(store, () => search(store, wanted, depth))
      : await search(store, wanted, depth);
    const hits = distinctHits(rankings);
    const isAll = rankings.every((ranking) => ranking.length < depth);
    if (hits.length >= topK || isAll || depth >= mostDepth) return hits.slice(0, topK);
    depth *= 4;
  }
}

function search(store: IndexStore, { embedding, words, conditions }: Wanted, topK: number): Promise<StoreHit[][]> {
  const options = { topK, conditions };
  return Promise.all([
    ...(embedding === undefined ? [] : [store.searchVector(embedding, options)]),
    ...(words === undefined ? [] : [store.searchText(words, options)]),
  ]);
}

/** Reads again if there was an update meanwhile: a passage before and after it would be fused as two. */
async function atOneVersion<T>(store: IndexStore, read: () => Promise<T>): Promise<T> {
  let before = await store.version();
  for (let tries = 1; ; tries++) {
    const result = await read();
    const after = await store.version();
    if (after === before || tries === mostTries) return result;
    before = after;
  }
}
