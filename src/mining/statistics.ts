/**
 * Statistics of mining: scores of positives and negatives, and candidates that limits took. Source: the output of
 * `mine_hard_negatives` of sentence-transformers 6.2 prints, with two differences: `minScore` is not said to have taken
 * what was taken before it, and rows that stand twice don't count as rows without negatives.
 */
import { type MinedPlaces, negativesInRows } from "./mined.ts";
import type { Pairs } from "./pairs.ts";
import { type ScoreSummary, summaryOf } from "./score-summary.ts";
import type { SkippedCounts } from "./select-negatives.ts";
import { type LimitName, limitNames, type MiningSettings } from "./settings.ts";

export interface SkippedCandidates {
  /** Candidates that the limit took. */
  readonly count: number;
  /** Fraction of the candidates that were left before this limit. */
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
  /** Scores of the positives of all pairs. */
  readonly positive: ScoreSummary;
  /** Scores of the negatives in the rows. */
  readonly negative: ScoreSummary;
  /** Differences between the scores of a pair's positive and its negatives. */
  readonly difference: ScoreSummary;
  /** Candidates that each given limit took. */
  readonly skipped: Readonly<Partial<Record<LimitName, SkippedCandidates>>>;
  /** Anchors with fewer negatives than were asked for. */
  readonly shortAnchors: number;
  /** Rows that there would be if all anchors had enough. */
  readonly possible: number;
  /** Number of negatives that are missing. */
  readonly missing: number;
  /**
   * Anchors that are among their own negatives: `train` leaves such rows out, a `maxScore` below 1 doesn't mine them.
   */
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
  const pairCount = places.positiveScores.length;
  const { rows, negative, difference } = scoresOf(places, settings);
  const { short, own, chosen } = anchorCounts(pairs, places, numNegatives);
  const isLabeledPair = outputFormat === "labeled-pair";
  const count = isLabeledPair ? pairCount + chosen : rows;
  const perPair = outputFormat === "triplet" ? numNegatives : 1;
  const possible = isLabeledPair ? pairCount + anchors * numNegatives : pairCount * perPair;
  return {
    count,
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
      shortAnchors: short,
      possible,
      missing: possible - count,
      ownAnchors: own,
    },
  };
}

/**
 * Scores of the negatives of each pair, their differences to the positive's, and the number of rows, unless labeled.
 */
function scoresOf(
  places: MinedPlaces,
  { outputFormat, numNegatives }: MiningSettings,
): { rows: number; negative: Float32Array; difference: Float32Array } {
  let rows = 0;
  let size = 0;
  for (const pair of places) {
    const negatives = negativesInRows(pair, outputFormat, numNegatives);
    size += negatives;
    rows += outputFormat === "triplet" ? negatives : Math.min(negatives, 1);
  }
  const negative = new Float32Array(size);
  const difference = new Float32Array(size);
  let at = 0;
  for (const pair of places) {
    for (const score of pair.negativeScores.subarray(0, negativesInRows(pair, outputFormat, numNegatives))) {
      negative[at] = score;
      difference[at++] = pair.positiveScore - score;
    }
  }
  return { rows, negative, difference };
}

/** Anchors with too few negatives, those among their own, and the negatives of all. */
function anchorCounts(
  { queries, corpus }: Pairs,
  places: MinedPlaces,
  wanted: number,
): { short: number; own: number; chosen: number } {
  const counts = { short: 0, own: 0, chosen: 0 };
  for (const [query, anchor] of queries.entries()) {
    const negatives = places.negativesOf(query);
    counts.chosen += negatives.length;
    if (negatives.length < wanted) counts.short++;
    if (negatives.some((id) => corpus[id] === anchor)) counts.own++;
  }
  return counts;
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
