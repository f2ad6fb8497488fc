/** How far a task's main score, or the difference of two models' scores, would be spread over other draws of its items. */
import type { Resampling } from "../evaluator.ts";
import { mean } from "./mean.ts";
import { type Subsampling, subsampleScores, varianceRatio } from "./subsamples.ts";

/** Values whose variance tells that of the score. */
export interface Spread {
  readonly itemCount: number;
  /** Whether the values are those of items, and not of subsamples. */
  readonly isOfItems: boolean;
  /** `[repetitions][items or subsamples]`: scores. */
  readonly values: readonly ArrayLike<number>[];
  /** The variance of the score by that of the values. */
  readonly ratio: number;
  /** The main score of each repetition. */
  readonly scores: readonly number[];
}

export interface StandardError {
  readonly error: number;
  readonly degreesOfFreedom: number;
}

export function spreadOf(resampling: Resampling, task: string, sampling: Subsampling): Spread {
  if ("itemScores" in resampling) {
    const { itemScores } = resampling;
    const itemCount = itemScores[0]!.length;
    return { itemCount, isOfItems: true, values: itemScores, ratio: 1 / itemCount, scores: itemScores.map(mean) };
  }
  const { itemCount, statistics } = resampling;
  const once = new Int32Array(itemCount).fill(1);
  return {
    itemCount,
    isOfItems: false,
    values: subsampleScores(resampling, task, sampling),
    ratio: varianceRatio(itemCount),
    scores: statistics.map((statistic) => statistic(once)),
  };
}

/** The spread of `a` minus `b`, item by item or subsample by subsample. */
export function differenceOf(a: Spread, b: Spread): Spread {
  return {
    ...a,
    values: a.values.map((values, run) => subtract(values, b.values[run]!)),
    scores: subtract(a.scores, b.scores),
  };
}

/**
 * Items and repetitions are both draws, of texts and of seeds or examples: their variances are added, less what both hold.
 * Source: the analysis of variance of two crossed factors; Satterthwaite (1946) for the degrees of freedom.
 *
 * @returns NaN where fewer than half of the subsamples have a score
 */
export function standardError({ itemCount, values, ratio, scores }: Spread): StandardError {
  const means = values.length === 1 ? values[0]! : Array.from(values[0]!, (_, i) => mean(values.map((run) => run[i]!)));
  const ofItems = ratio * variance(means);
  const itemFreedom = itemCount - 1;
  if (values.length === 1) return { error: Math.sqrt(ofItems), degreesOfFreedom: itemFreedom };
  const runFreedom = scores.length - 1;
  const ofOneRun = mean(values.map((run) => ratio * variance(run)));
  const shared = (ofOneRun - ofItems) / runFreedom;
  const ofRuns = Math.max(0, variance(scores) / scores.length - shared);
  const sum = ofItems + ofRuns;
  return {
    error: Math.sqrt(sum),
    degreesOfFreedom: sum === 0 ? itemFreedom : sum ** 2 / (ofItems ** 2 / itemFreedom + ofRuns ** 2 / runFreedom),
  };
}

/** The sample variance of the values that are known; NaN where fewer than half are. */
function variance(values: ArrayLike<number>): number {
  const known = Array.from(values).filter((value) => !Number.isNaN(value));
  if (known.length < 2 || known.length < values.length / 2) return Number.NaN;
  const center = mean(known);
  return known.reduce((sum, value) => sum + (value - center) ** 2, 0) / (known.length - 1);
}

function subtract(a: ArrayLike<number>, b: ArrayLike<number>): number[] {
  return Array.from(a, (value, index) => value - b[index]!);
}
