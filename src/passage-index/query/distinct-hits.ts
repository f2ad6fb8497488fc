/** Rankings as one, in which passages with the same text are one hit: a file that was copied doesn't fill the list. */
import type { Passage, StoreHit } from "../store.ts";
import { reciprocalRankFusion } from "./fuse.ts";

export interface DistinctHit {
  /** The first one by file and line. */
  readonly passage: Passage;
  readonly copies: readonly Passage[];
  /** The best among the copies where there is one ranking; of several, that of their fusion. */
  readonly score: number;
}

/** @param rankings the best first */
export function distinctHits(rankings: readonly (readonly StoreHit[])[]): DistinctHit[] {
  /** The passages by text, then by id: a passage may stand in each ranking. */
  const groups = new Map<string, Map<string, Passage>>();
  for (const { passage } of rankings.flat()) {
    const group = groups.get(passage.text) ?? new Map<string, Passage>();
    groups.set(passage.text, group.set(passage.id, passage));
  }
  return scoresOf(rankings).map(({ text, score }) => {
    const [passage, ...copies] = [...groups.get(text)!.values()].sort(byPlace);
    return { passage: passage!, copies, score };
  });
}

/** Each text once, best first. */
function scoresOf(rankings: readonly (readonly StoreHit[])[]): { text: string; score: number }[] {
  const distinct = rankings.map((ranking) => {
    const scores = new Map<string, number>();
    for (const { passage, score } of ranking) if (!scores.has(passage.text)) scores.set(passage.text, score);
    return scores;
  });
  if (distinct.length === 1) return [...distinct[0]!].map(([text, score]) => ({ text, score }));
  const fused = reciprocalRankFusion(distinct.map((scores) => [...scores.keys()]));
  return fused.map(({ id, score }) => ({ text: id, score }));
}

function byPlace(a: Passage, b: Passage): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.firstLine - b.firstLine || (a.id < b.id ? -1 : 1);
}
