/**
 * How much better positives are than negatives, and what limits took. Source: what `mine_hard_negatives` of
 * sentence-transformers 6.2 prints, with two differences: `minScore` is not said to have taken what was taken before it,
 * and rows that stand twice don't count as rows without negatives.
 */
import { type MinedPlaces, negativesInRows } from "./mined.ts";
import { type LimitName, limitNames, type MiningSettings } from "./options.ts";
import type { Pairs } from "./pairs.ts";
import type { SkippedCounts } from "./select-negatives.ts";

/** NaN where there are too few scores for it. */
export interface ScoreSummary {
  readonly count: number;
  readonly mean: number;
  /** Of an even number of scores the lower one in the middle, as torch's. */
  readonly median: number;
  /** With n - 1. */
  readonly std: number;
  readonly min: number;
  readonly "25%": number;
  readonly "50%": number;
  readonly "75%": number;
  readonly max: number;
}

export interface SkippedCandidates {
  /** Candidates that the limit took. */
  readonly count: number;
  /** Of those that there were before. */
  readonly ratio: number;
}

export interface MiningStatistics {
  readonly rows: Pairs["counts"];
  /** Distinct ones. */
  readonly anchors: number;
  /** Distinct ones of anchor and positive. */
  readonly pairs: number;
  /** Distinct texts among which negatives were looked for. */
  readonly corpus: number;
  /** The rank of the last candidate. */
  readonly rangeMax: number;
  /** Of all pairs. */
  readonly positive: ScoreSummary;
  /** Of the negatives in the rows. */
  readonly negative: ScoreSummary;
  /** Between a pair's positive and its negatives. */
  readonly difference: ScoreSummary;
  /** Of each limit that was given. */
  readonly skipped: Readonly<Partial<Record<LimitName, SkippedCandidates>>>;
  /** Anchors with fewer negatives than were asked for. */
  readonly shortAnchors: number;
  /** Rows that there would be if all anchors had enough. */
  readonly possible: number;
  /** How many of them there are not. */
  readonly missing: number;
  /** Anchors that are among their own negatives: `train` leaves such rows out, a `maxScore` below 1 doesn't mine them. */
  readonly ownAnchors: number;
}

export interface MiningOutcome {
  readonly pairs: Pairs;
  readonly places: MinedPlaces;
  readonly settings: MiningSettings;
  readonly rangeMax: number;
  readonly skipped: SkippedCounts;
}

export function statisticsOf({ pairs, places, settings, rangeMax, skipped }: MiningOutcome): {
  readonly statistics: MiningStatistics;
  /** Rows. */
  readonly count: number;
} {
  const { outputFormat, numNegatives } = settings;
  const anchors = pairs.queries.length;
  const count = { rows: 0, negatives: 0, short: 0, anchors: 0 };
  for (const pair of places) {
    const negatives = negativesInRows(pair, outputFormat, numNegatives);
    count.negatives += negatives;
    count.rows += outputFormat === "triplet" ? negatives : Math.min(negatives, 1);
  }
  const negative = new Float32Array(count.negatives);
  const difference = new Float32Array(count.negatives);
  let at = 0;
  for (const pair of places) {
    const own = pair.negativeScores.subarray(0, negativesInRows(pair, outputFormat, numNegatives));
    for (const score of own) {
      negative[at] = score;
      difference[at++] = pair.positiveScore - score;
    }
  }
  const pairCount = places.positiveScores.length;
  let labeled = pairCount;
  for (let query = 0; query < anchors; query++) {
    const negatives = places.countOf(query);
    labeled += negatives;
    if (negatives < numNegatives) count.short++;
    const [pair] = places.pairsOf(query);
    if (pair!.negatives.some((id) => pairs.corpus[id] === pairs.queries[query])) count.anchors++;
  }
  const possible = {
    triplet: pairCount * numNegatives,
    "n-tuple": pairCount,
    "labeled-pair": anchors * numNegatives + pairCount,
    "labeled-list": pairCount,
  }[outputFormat];
  const rows = outputFormat === "labeled-pair" ? labeled : count.rows;
  return {
    count: rows,
    statistics: {
      rows: pairs.counts,
      anchors,
      pairs: pairCount,
      corpus: pairs.corpus.length,
      rangeMax,
      positive: summaryOf(places.positiveScores),
      negative: summaryOf(negative),
      difference: summaryOf(difference),
      skipped: skippedOf(settings, skipped, anchors * (rangeMax + pairs.mostPositives)),
      shortAnchors: count.short,
      possible,
      missing: possible - rows,
      ownAnchors: count.anchors,
    },
  };
}

/** @param looked candidates of all anchors, as many as there would be in a corpus that has enough */
function skippedOf(settings: MiningSettings, skipped: SkippedCounts, looked: number): MiningStatistics["skipped"] {
  let left = looked;
  const given = limitNames.filter((name) => settings[name] !== undefined);
  return Object.fromEntries(
    given.map((name): [LimitName, SkippedCandidates] => {
      const count = skipped[name];
      const ratio = count / left;
      // As Python counts.
      if (name !== "maxScore") left -= count;
      return [name, { count, ratio }];
    }),
  );
}

export function summaryOf(scores: Float32Array): ScoreSummary {
  const count = scores.length;
  const sorted = scores.slice().sort();
  let sum = 0;
  for (const score of sorted) sum += score;
  const mean = count === 0 ? Number.NaN : sum / count;
  let squares = 0;
  for (const score of sorted) squares += (score - mean) ** 2;
  // Between two scores in proportion.
  const quantile = (q: number): number => {
    const place = q * (count - 1);
    const low = sorted[Math.floor(place)] ?? Number.NaN;
    return low + (place % 1) * ((sorted[Math.ceil(place)] ?? Number.NaN) - low);
  };
  return {
    count,
    mean,
    median: sorted[Math.floor((count - 1) / 2)] ?? Number.NaN,
    std: count < 2 ? Number.NaN : Math.sqrt(squares / (count - 1)),
    min: sorted[0] ?? Number.NaN,
    "25%": quantile(0.25),
    "50%": quantile(0.5),
    "75%": quantile(0.75),
    max: sorted[count - 1] ?? Number.NaN,
  };
}
