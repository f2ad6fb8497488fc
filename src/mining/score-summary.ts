/**
 * A summary of many scores. Source: the output of `mine_hard_negatives`, by torch's `mean`, `median`, `std` and
 * `quantile`.
 */

/** NaN where there are too few scores for it. */
export interface ScoreSummary {
  readonly count: number;
  readonly mean: number;
  /** The median; for an even number of scores the lower one in the middle, as torch's. */
  readonly median: number;
  /** Standard deviation with n - 1. */
  readonly std: number;
  readonly min: number;
  readonly "25%": number;
  readonly "50%": number;
  readonly "75%": number;
  readonly max: number;
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
