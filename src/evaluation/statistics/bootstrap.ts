/**
 * The paired bootstrap: how far a score would move if other items (pairs, queries) had been drawn. Percentile intervals.
 * Source: Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13; paired as Koehn 2004. It knows of the choice
 * of the items alone, not of other training runs.
 */
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { Random } from "../../random.ts";
import type { Resampling } from "../evaluator.ts";

export interface BootstrapOptions {
  /** Samples that are drawn. */
  readonly resamples: number;
  readonly seed: number;
}

export const bootstrapOptions: OptionTable<BootstrapOptions> = { resamples: "number", seed: "number" };

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The statistic of each resample. Two models' scores of the same task come from the same samples: their differences, item
 * by item of the result, are the paired bootstrap. Samples of tasks with different names are independent.
 *
 * @param name of the task
 * @returns `[resamples]`; NaN where the statistic is undefined for the sample
 */
export function resampledScores(
  { itemCount, statistic }: Resampling,
  name: string,
  options: BootstrapOptions,
): Float64Array {
  const { resamples, seed } = checkedOptions("resampledScores", options, bootstrapOptions);
  const random = Random.fromText(`${seed} ${name}`);
  const draws = new Uint32Array(itemCount);
  return Float64Array.from({ length: resamples }, () => {
    const counts = new Int32Array(itemCount);
    // Millions of draws: many at a time, by index, and scaled, which is as good as even for so few items.
    random.fill(draws);
    for (let draw = 0; draw < itemCount; draw++) counts[Math.floor((draws[draw]! / 2 ** 32) * itemCount)]!++;
    return statistic(counts);
  });
}

/**
 * The middle 95 %, between order statistics linear as `numpy.percentile`.
 *
 * @throws HpdError `invalid_argument` where no sample has a score
 */
export function percentileInterval(scores: Float64Array): Interval {
  const sorted = scores.filter((score) => !Number.isNaN(score)).sort();
  if (sorted.length === 0) {
    throw new HpdError(
      "invalid_argument",
      `none of ${scores.length} resamples has a score: the task has too few items`,
    );
  }
  const at = (fraction: number): number => {
    const position = fraction * (sorted.length - 1);
    const below = sorted[Math.floor(position)]!;
    return below + (position % 1) * (sorted[Math.ceil(position)]! - below);
  };
  return { low: at(0.025), high: at(0.975) };
}
