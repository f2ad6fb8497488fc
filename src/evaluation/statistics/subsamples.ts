/**
 * The scores of random subsamples of a task's items, each four fifths of them, drawn without replacement. Their variance
 * estimates that of the score. A bootstrap would repeat items, whose copies agree with each other: that adds ties, and
 * mutual information between classes and clusters, so that all resampled scores are above the task's own.
 * Source: Shao and Wu, A General Theory for Jackknife Variance Estimation (1989): the delete-d jackknife.
 */
import type { OptionTable } from "../../common/options.ts";
import { Random } from "../../random.ts";
import type { ItemStatistic } from "../evaluator.ts";

export interface Subsampling {
  /** Number of subsamples per task. */
  readonly samples: number;
  readonly seed: number;
}

export const subsamplingOptions: OptionTable<Subsampling> = { samples: "number", seed: "number" };

/**
 * The score of each subsample. Two models' scores of the same task come from the same subsamples, so their differences
 * are paired. Subsamples of tasks with different names are independent.
 *
 * @param name the task's
 * @returns an array `[samples]` for each statistic; NaN if it is undefined for a subsample
 */
export function subsampleScores(
  { itemCount, statistics }: ItemStatistic,
  name: string,
  { samples, seed }: Subsampling,
): Float64Array[] {
  const random = Random.fromText(`${seed} ${name}`);
  const omitted = omittedOf(itemCount);
  const order = Uint32Array.from({ length: itemCount }, (_, item) => item);
  const draws = new Uint32Array(omitted);
  const counts = new Int32Array(itemCount);
  const scores = statistics.map(() => new Float64Array(samples));
  for (let sample = 0; sample < samples; sample++) {
    // A partial shuffle. Draws are made in bulk and scaled, which is nearly uniform for so few items.
    random.fill(draws);
    counts.fill(1);
    for (let place = 0; place < omitted; place++) {
      const other = place + Math.floor((draws[place]! / 2 ** 32) * (itemCount - place));
      const item = order[other]!;
      order[other] = order[place]!;
      order[place] = item;
      counts[item] = 0;
    }
    for (const [index, statistic] of statistics.entries()) scores[index]![sample] = statistic(counts);
  }
  return scores;
}

/** The variance of the score of all items divided by that of the scores of subsamples. */
export function varianceRatio(itemCount: number): number {
  const omitted = omittedOf(itemCount);
  return (itemCount - omitted) / omitted;
}

function omittedOf(itemCount: number): number {
  return Math.max(1, Math.round(itemCount / 5));
}
