/**
 * 95 % confidence intervals of scores, of two models' differences and of means of tasks. They contain the estimate, and in
 * 95 % of cases the expected score over other samples of as many items of the same kind
 * (docs/decisions/2026-11-29-confidence-intervals.md has the figures of tools/evaluation/coverage.ts).
 */
import type { Resampling } from "../evaluator.ts";
import { mean } from "./mean.ts";
import { type Spread, standardError } from "./spread.ts";
import { studentQuantile } from "./student.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Whether a difference with this interval is significant. */
export function excludesZero({ low, high }: Interval): boolean {
  return low > 0 || high < 0;
}

/**
 * The interval of a score.
 *
 * @param range the smallest and the largest possible value of the score
 * @returns undefined if there are too few items
 */
export function scoreInterval(
  score: number,
  [least, greatest]: Resampling["range"],
  spread: Spread,
): Interval | undefined {
  const { error, degreesOfFreedom } = standardError(spread);
  if (!Number.isFinite(error)) return undefined;
  const half = studentQuantile(degreesOfFreedom) * error;
  const span = greatest - least;
  if (Number.isFinite(span)) {
    const { low, high } = withinUnit((score - least) / span, half / span, spread.itemCount);
    return { low: least + span * low, high: least + span * high };
  }
  if ((greatest === 0 || least === 0) && score !== 0) {
    // On the logarithm, since errors are skewed and don't cross 0.
    const factor = Math.exp(half / Math.abs(score));
    const ends = [score / factor, score * factor];
    return { low: Math.min(...ends), high: Math.max(...ends) };
  }
  return { low: score - half, high: score + half };
}

/**
 * The interval of two models' difference on the same items.
 *
 * @returns undefined if there are too few items: none, or so few that all subsamples have the same difference
 */
export function differenceInterval(
  difference: number,
  [least, greatest]: Resampling["range"],
  spread: Spread,
): Interval | undefined {
  const { error, degreesOfFreedom } = standardError(spread);
  if (!Number.isFinite(error)) return undefined;
  const half = studentQuantile(degreesOfFreedom) * Math.hypot(error, errorOfUnseen(spread, greatest - least));
  if (half === 0 && difference !== 0) return undefined;
  return { low: difference - half, high: difference + half };
}

/**
 * The interval of the mean of independent estimates: the squared distances to the ends of their intervals are summed.
 * Source: Zou and Donner, Construction of confidence limits about effect measures (2008).
 *
 * @returns undefined if one of them has no interval
 */
export function meanInterval(
  estimates: readonly { readonly value: number; readonly interval?: Interval | undefined }[],
): Interval | undefined {
  const distances = estimates.map(
    ({ value, interval }) => interval && { below: value - interval.low, above: interval.high - value },
  );
  if (distances.includes(undefined)) return undefined;
  const center = mean(estimates.map(({ value }) => value));
  const length = (side: "below" | "above") => Math.hypot(...distances.map((distance) => distance![side]));
  return { low: center - length("below") / estimates.length, high: center + length("above") / estimates.length };
}

/**
 * The interval on the logit scale, since the distribution is skewed near 0 and 1 and no end may lie outside; for a
 * correlation, -1 to 1, this is Fisher's z. If all items are right or all wrong, there is no spread, and it is Wilson's
 * interval of a fraction (1927).
 */
function withinUnit(score: number, half: number, items: number): Interval {
  if (half === 0 || score <= 0 || score >= 1) {
    const weight = 1.96 ** 2 / items;
    const spread = Math.sqrt(Math.max(0, score * (1 - score)) * weight + weight ** 2 / 4);
    const end = (side: number) => (score + weight / 2 + side * spread) / (1 + weight);
    return { low: score <= 0 ? 0 : Math.min(score, end(-1)), high: score >= 1 ? 1 : Math.max(score, end(1)) };
  }
  const odds = score / (1 - score);
  const factor = Math.exp(half / (score * (1 - score)));
  return { low: 1 / (1 + factor / odds), high: 1 / (1 + 1 / (odds * factor)) };
}

/**
 * The error from unseen differences: if two models differ on few items, all may favour one of them by chance. Two more
 * are assumed, one each way, of the typical size; five to nothing is then not significant, as by McNemar's test.
 * Source: Bonett and Price, Adjusted Wald confidence interval for a difference of binomial proportions (2012).
 */
function errorOfUnseen({ isOfItems, values, itemCount }: Spread, span: number): number {
  if (!isOfItems) return 0;
  const differences = Array.from(values[0]!, (_, item) => mean(values.map((run) => run[item]!)));
  const squares = differences.filter((value) => value !== 0).map((value) => value ** 2);
  const usual = squares.length > 0 ? mean(squares) : Number.isFinite(span) ? span ** 2 : 0;
  return Math.sqrt(2 * usual) / itemCount;
}
