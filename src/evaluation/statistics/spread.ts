/** The sampling variance of a task's main score, or of the difference of two models' scores. */
import type { Resampling } from "../evaluator.ts";
import { mean } from "./mean.ts";
import { type Subsampling, subsampleScores, varianceRatio } from "./subsamples.ts";

/** Values from whose variance that of the score is estimated. */
export interface Spread {
  readonly itemCount: number;
  /** Whether the values belong to items rather than to subsamples. */
  readonly isOfItems: boolean;
  /** Scores: `[repetitions][items or subsamples]`. */
  readonly values: readonly ArrayLike<number>[];
  /** Variance of the score divided by that of the values. */
  readonly ratio: number;
  /** Main score of each repetition. */
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
 * The standard error of a score. Items (texts) and repetitions (seeds or draws of examples) are two random factors: their
 * variances are summed, less what both contain.
 * Source: the analysis of variance of two crossed factors; Satterthwaite (1946) for the degrees of freedom.
 *
 * @returns NaN if fewer than half of the subsamples have a score
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

/** The sample variance of the values that are not NaN; NaN if fewer than half are, 0 for what differs by rounding alone. */
function variance(values: ArrayLike<number>): number {
  const known = Array.from(values).filter((value) => !Number.isNaN(value));
  if (known.length < 2 || known.length < values.length / 2) return Number.NaN;
  const center = mean(known);
  const squares = known.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return squares <= known.length * (1e-12 * center) ** 2 ? 0 : squares / (known.length - 1);
}

function subtract(a: ArrayLike<number>, b: ArrayLike<number>): number[] {
  return Array.from(a, (value, index) => value - b[index]!);
}
