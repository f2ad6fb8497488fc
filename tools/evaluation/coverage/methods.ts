/** The intervals of `hpd evaluate`, and percentile intervals of the bootstrap, which they are compared with. */
import type { Resampling } from "../../../src/evaluation/evaluator.ts";
import { differenceInterval, type Interval, scoreInterval } from "../../../src/evaluation/statistics/intervals.ts";
import { mean } from "../../../src/evaluation/statistics/mean.ts";
import { differenceOf, spreadOf } from "../../../src/evaluation/statistics/spread.ts";
import { Random } from "../../../src/random.ts";
import type { Method } from "./simulate.ts";

export function subsampling(samples: number): Method {
  return {
    name: "subsamples",
    intervals([a, b], task) {
      const [spreadA, spreadB] = [a, b].map(({ resampling }) => spreadOf(resampling, task, { samples, seed: 1 }));
      const { range } = a.resampling;
      return {
        score: scoreInterval(a.score, range, spreadA!),
        difference: differenceInterval(a.score - b.score, range, differenceOf(spreadA!, spreadB!)),
      };
    },
  };
}

/** Items drawn with replacement; the middle 95 % of the scores. */
export function percentileBootstrap(samples: number): Method {
  return {
    name: "bootstrap percentiles",
    intervals(drawn, task) {
      const [a, b] = drawn.map(({ resampling }) => resampled(resampling, task, samples)) as [number[], number[]];
      return { score: middle(a), difference: middle(a.map((score, sample) => score - b[sample]!)) };
    },
  };
}

function resampled(resampling: Resampling, task: string, samples: number): number[] {
  const random = Random.fromText(task);
  const items = "itemScores" in resampling ? resampling.itemScores[0]!.length : resampling.itemCount;
  return Array.from({ length: samples }, () => {
    const counts = new Int32Array(items);
    for (let draw = 0; draw < items; draw++) counts[random.nextInteger(items)]!++;
    if ("statistics" in resampling) return mean(resampling.statistics.map((statistic) => statistic(counts)));
    return mean(
      resampling.itemScores.map(
        (scores) => counts.reduce((sum, count, item) => sum + count * scores[item]!, 0) / items,
      ),
    );
  });
}

function middle(scores: readonly number[]): Interval | undefined {
  const sorted = scores.filter((score) => !Number.isNaN(score)).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  return {
    low: sorted[Math.round(0.025 * (sorted.length - 1))]!,
    high: sorted[Math.round(0.975 * (sorted.length - 1))]!,
  };
}
