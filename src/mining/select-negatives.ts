/**
 * Selects the negatives of an anchor among its candidates. Source: `mine_hard_negatives` of sentence-transformers 6.2,
 * whose scores are float32 and whose sums are too.
 */
import type { Random } from "../random.ts";
import type { LimitName, MiningSettings } from "./settings.ts";

/** Places in the corpus with their scores, side by side. */
export interface Scored {
  readonly ids: ArrayLike<number>;
  readonly scores: ArrayLike<number>;
}

/** Candidates that each limit took, so far. */
export type SkippedCounts = Record<LimitName, number>;

export interface Selection {
  readonly settings: MiningSettings;
  readonly rangeMax: number;
  readonly random: Random;
  readonly skipped: SkippedCounts;
}

/**
 * @param candidates the nearest first, but for those that a cross-encoder scored
 * @param positives of the anchor, places in the corpus
 * @param worst the lowest score of them
 * @returns the best first
 */
export function selectNegatives(
  { ids, scores }: Scored,
  positives: readonly number[],
  worst: number,
  { settings, rangeMax, random, skipped }: Selection,
): { ids: number[]; scores: number[] } {
  const { includePositives, numNegatives, rangeMin, samplingStrategy } = settings;
  const passes = limitsOf(settings, worst, skipped);
  const own = new Set(includePositives ? [] : positives);
  const kept: { id: number; score: number }[] = [];
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at]!;
    const score = scores[at]!;
    if (!own.has(id) && passes(score)) kept.push({ id, score });
  }
  // Those of equal score stay in order.
  const range = kept.sort((a, b) => b.score - a.score).slice(rangeMin, rangeMax);
  const isSample = samplingStrategy === "random" && range.length > numNegatives;
  const chosen = isSample ? sampleOf(range, numNegatives, random) : range.slice(0, numNegatives);
  return { ids: chosen.map(({ id }) => id), scores: chosen.map(({ score }) => score) };
}

/** Limits are held one after the other: what one has taken the next one doesn't count. */
function limitsOf(
  { absoluteMargin, relativeMargin, maxScore, minScore }: MiningSettings,
  worst: number,
  skipped: SkippedCounts,
): (score: number) => boolean {
  const margin = absoluteMargin === undefined ? undefined : Math.fround(absoluteMargin);
  // Of a negative score, too, it is so much below it.
  const relativeLimit =
    relativeMargin === undefined
      ? undefined
      : Math.fround(worst - Math.fround(Math.abs(worst) * Math.fround(relativeMargin)));
  const most = maxScore === undefined ? undefined : Math.fround(maxScore);
  const least = minScore === undefined ? undefined : Math.fround(minScore);
  const takenBy = (score: number): LimitName | undefined => {
    if (margin !== undefined && Math.fround(score + margin) > worst) return "absoluteMargin";
    if (relativeLimit !== undefined && score > relativeLimit) return "relativeMargin";
    if (most !== undefined && score > most) return "maxScore";
    if (least !== undefined && score < least) return "minScore";
    return undefined;
  };
  return (score) => {
    const limit = takenBy(score);
    if (limit !== undefined) skipped[limit]++;
    return limit === undefined;
  };
}

/** A random sample of items, in their order. */
function sampleOf<Item>(items: readonly Item[], count: number, random: Random): Item[] {
  const places = random.shuffle(Uint32Array.from(items, (_, place) => place));
  return [...places.subarray(0, count).sort()].map((place) => items[place]!);
}
