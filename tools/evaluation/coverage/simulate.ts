/** How often 95 % confidence intervals hold the truth, by drawing many tasks from a population that is known. */

import type { Interval } from "../../../src/evaluation/statistics/intervals.ts";
import { mean } from "../../../src/evaluation/statistics/mean.ts";
import { Random } from "../../../src/random.ts";
import type { Draw, Population } from "./populations.ts";

export interface Method {
  readonly name: string;
  /** @param task names it, so that halves of another one are others */
  intervals(
    drawn: readonly [Draw, Draw],
    task: string,
  ): { score?: Interval | undefined; difference?: Interval | undefined };
}

export interface Coverage {
  /** Part of the draws whose interval holds the truth. */
  readonly covered: number;
  /** Part of the draws whose interval holds the estimate. */
  readonly holdsEstimate: number;
  /** Mean width of the interval, by 2 x 1.96 standard deviations of the score. */
  readonly width: number;
}

export interface Simulated {
  /** Mean score over the draws: the truth. */
  readonly score: number;
  readonly difference: number;
  readonly of: Readonly<Record<"score" | "difference", Coverage>>;
}

/**
 * The truth is the mean of the score over tasks of as many items: a benchmark is one such draw, and its interval says how
 * far it may be from what such benchmarks give on average.
 *
 * @param draws tasks that intervals are made of
 * @param moreDraws tasks that the truth alone is made of
 */
export async function simulate(
  population: Population,
  items: number,
  methods: readonly Method[],
  { draws, moreDraws, seed }: { draws: number; moreDraws: number; seed: number },
): Promise<Simulated[]> {
  const random = Random.fromText(`${seed} ${population.metric} ${population.place} ${items}`);
  const drawn: (readonly [Draw, Draw])[] = [];
  const truths: number[] = [];
  const differences: number[] = [];
  for (let draw = 0; draw < draws + moreDraws; draw++) {
    const [a, b] = await population.draw(items, random);
    truths.push(a.score);
    differences.push(a.score - b.score);
    if (draw < draws) drawn.push([a, b]);
  }
  const truth = { score: mean(truths), difference: mean(differences) };
  const spread = { score: deviation(truths), difference: deviation(differences) };
  return methods.map(({ intervals }) => {
    const found = drawn.map((one, draw) => intervals(one, `${draw}`));
    const coverage = (kind: "score" | "difference"): Coverage => {
      const estimates = drawn.map(([a, b]) => (kind === "score" ? a.score : a.score - b.score));
      const known = found.flatMap(({ [kind]: interval }, draw) =>
        interval ? [{ interval, estimate: estimates[draw]! }] : [],
      );
      const part = (holds: (one: (typeof known)[number]) => boolean) => known.filter(holds).length / known.length;
      return {
        covered: part(({ interval: { low, high } }) => low <= truth[kind] && truth[kind] <= high),
        holdsEstimate: part(({ interval: { low, high }, estimate }) => low <= estimate && estimate <= high),
        width: mean(known.map(({ interval: { low, high } }) => high - low)) / (2 * 1.96 * spread[kind]),
      };
    };
    return { ...truth, of: { score: coverage("score"), difference: coverage("difference") } };
  });
}

function deviation(values: readonly number[]): number {
  const center = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
}
