/** Confidence intervals: against known ones, at the ends of the range, and by drawing many tasks whose truth is known. */
import { describe, expect, test } from "vitest";
import type { Resampling } from "../../src/evaluation/evaluator.ts";
import { differenceInterval, meanInterval, scoreInterval } from "../../src/evaluation/statistics/intervals.ts";
import { mean } from "../../src/evaluation/statistics/mean.ts";
import { differenceOf, spreadOf } from "../../src/evaluation/statistics/spread.ts";
import { studentQuantile } from "../../src/evaluation/statistics/student.ts";
import { subsampleScores } from "../../src/evaluation/statistics/subsamples.ts";
import { Random } from "../../src/random.ts";
import { percentileBootstrap, subsampling } from "../../tools/evaluation/coverage/methods.ts";
import { accuracies, populations } from "../../tools/evaluation/coverage/populations.ts";
import { simulate } from "../../tools/evaluation/coverage/simulate.ts";

const sampling = { samples: 400, seed: 1 };
const fraction = [0, 1] as const;
const rights = (right: number, wrong: number) => [...new Array(right).fill(1), ...new Array(wrong).fill(0)];
const ofItems = (scores: readonly number[], range: Resampling["range"] = fraction) =>
  spreadOf({ itemScores: [scores], range }, "task", sampling);

describe("scores", () => {
  const random = Random.fromText("data");
  const values = Array.from({ length: 400 }, () => random.nextInteger(1000) / 1000);
  const sd = Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

  test("the interval of a mean is 1.96 standard errors to each side, from items and from subsamples", () => {
    const range = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;
    const statistic = (counts: Int32Array) => {
      let [sum, drawn] = [0, 0];
      for (const [item, count] of counts.entries()) {
        sum += count * values[item]!;
        drawn += count;
      }
      return sum / drawn;
    };
    const spreads = [
      ofItems(values, range),
      spreadOf({ itemCount: 400, statistics: [statistic], range }, "t", sampling),
    ];
    for (const [index, spread] of spreads.entries()) {
      const { low, high } = scoreInterval(mean(values), range, spread)!;
      const half = (1.966 * sd) / Math.sqrt(399);
      const tolerance = index === 0 ? 1e-4 : 0.1;
      expect(Math.abs(mean(values) - low - half)).toBeLessThan(tolerance * half);
      expect(Math.abs(high - mean(values) - half)).toBeLessThan(tolerance * half);
    }
  });

  test("that of a correlation is Fisher's", () => {
    const [score, error] = [0.9, 0.02];
    // 101 values with this standard error of their mean.
    const spread = ofItems(
      Array.from({ length: 101 }, (_, i) => (i - 50) * error * 0.343),
      [-1, 1],
    );
    const { low, high } = scoreInterval(score, [-1, 1], spread)!;
    const half = (1.984 * error) / (1 - score ** 2);
    expect(low).toBeCloseTo(Math.tanh(Math.atanh(score) - half), 3);
    expect(high).toBeCloseTo(Math.tanh(Math.atanh(score) + half), 3);
  });

  test("all right doesn't mean that all others are: Wilson's", () => {
    expect(scoreInterval(1, fraction, ofItems(rights(200, 0)))).toEqual({ low: expect.closeTo(0.98116, 4), high: 1 });
    expect(scoreInterval(0, fraction, ofItems(rights(0, 200)))).toEqual({ low: 0, high: expect.closeTo(0.01884, 4) });
    for (const wrong of [1, 2, 5]) {
      const { low, high } = scoreInterval(1 - wrong / 200, fraction, ofItems(rights(200 - wrong, wrong)))!;
      expect(low).toBeGreaterThan(0.9);
      expect(high).toBeLessThan(1);
    }
  });

  test("errors stay on their side of 0", () => {
    const range = [Number.NEGATIVE_INFINITY, 0] as const;
    const { low, high } = scoreInterval(-1, range, ofItems([-3, -0.1, -0.2, -0.7], range))!;
    expect(low).toBeLessThan(-2);
    expect(high).toBeGreaterThan(-1);
    expect(high).toBeLessThan(0);
    expect(scoreInterval(0, range, ofItems([0, 0, 0], range))).toEqual({ low: 0, high: 0 });
  });

  test("draws of examples and seeds count beside the items, and what both hold counts once", () => {
    const width = (itemScores: number[][]) => {
      const spread = spreadOf({ itemScores, range: fraction }, "task", sampling);
      const { low, high } = scoreInterval(mean(itemScores.map(mean)), fraction, spread)!;
      return high - low;
    };
    const alike = Array.from({ length: 10 }, () => rights(120, 80));
    expect(width(alike)).toBeCloseTo(width([rights(120, 80)]), 4);
    // One draw gets 80 right, another one 160.
    const apart = Array.from({ length: 10 }, (_, run) => rights(80 + 9 * run, 120 - 9 * run));
    expect(width(apart)).toBeGreaterThan(1.2 * width(alike));
    // Every item by chance, anew in each repetition: as many draws as items times repetitions.
    const chance = Array.from({ length: 10 }, () => Array.from({ length: 200 }, () => random.nextInteger(2)));
    expect(width(chance) / width([chance.flat()])).toBeGreaterThan(0.8);
    expect(width(chance) / width([chance.flat()])).toBeLessThan(1.5);
  });

  test("too few items have no interval: one item, and subsamples without a score", () => {
    expect(scoreInterval(1, fraction, ofItems([1]))).toBeUndefined();
    const undefinedMostly = (counts: Int32Array) => (counts[0] === 1 && counts[1] === 1 ? 0.5 : Number.NaN);
    const spread = spreadOf({ itemCount: 3, statistics: [undefinedMostly], range: fraction }, "t", sampling);
    expect(scoreInterval(0.5, fraction, spread)).toBeUndefined();
  });

  test("subsamples that differ by rounding alone don't make a score certain", () => {
    const rounded = (counts: Int32Array) => (counts[0] === 1 ? 0.1 + 0.2 : 0.3);
    const spread = spreadOf({ itemCount: 4, statistics: [rounded], range: fraction }, "t", sampling);
    const { low, high } = scoreInterval(0.3, fraction, spread)!;
    expect(high - low).toBeGreaterThan(0.5);
  });
});

describe("differences", () => {
  const between = (a: readonly number[], b: readonly number[]) =>
    differenceInterval(mean(a) - mean(b), fraction, differenceOf(ofItems(a), ofItems(b)))!;

  test("five items to none are not significant, six are, as by McNemar's exact test at 0.0625 and 0.03125", () => {
    const all = rights(200, 0);
    expect(between(all, rights(195, 5)).low).toBeLessThan(0);
    expect(between(all, rights(194, 6)).low).toBeGreaterThan(0);
  });

  test("two that are right everywhere may differ elsewhere", () => {
    const { low, high } = between(rights(200, 0), rights(200, 0));
    expect(low).toBeCloseTo(-0.0139, 4);
    expect(high).toBeCloseTo(0.0139, 4);
  });

  test("of few items, whose subsamples all have the same difference, there is no interval", () => {
    const always = (score: number) =>
      spreadOf({ itemCount: 4, statistics: [() => score], range: fraction }, "t", sampling);
    expect(differenceInterval(0.3, fraction, differenceOf(always(1), always(0.7)))).toBeUndefined();
    expect(differenceInterval(0, fraction, differenceOf(always(1), always(1)))).toEqual({ low: 0, high: 0 });
  });

  test("means of independent estimates: squared distances are added", () => {
    const estimates = [0.5, 0.9].map((value) => ({ value, interval: { low: value - 0.03, high: value + 0.04 } }));
    const { low, high } = meanInterval(estimates)!;
    expect(low).toBeCloseTo(0.7 - 0.03 / Math.SQRT2, 12);
    expect(high).toBeCloseTo(0.7 + 0.04 / Math.SQRT2, 12);
    expect(meanInterval([estimates[0]!, { value: 1 }])).toBeUndefined();
  });
});

test.each([
  [4, 2.776445],
  [9, 2.262157],
  [30, 2.042272],
  [199, 1.971957],
  [Number.POSITIVE_INFINITY, 1.959964],
])("Student's quantile at %d degrees of freedom is SciPy's", (degreesOfFreedom, expected) => {
  expect(Math.abs(studentQuantile(degreesOfFreedom) - expected)).toBeLessThan(0.001);
});

describe("subsamples", () => {
  const seen: number[][] = [];
  const watched = {
    itemCount: 12,
    range: fraction,
    statistics: [(counts: Int32Array) => seen.push([...counts])],
  };

  test("hold four fifths of the items once, each item as often as the others", () => {
    subsampleScores(watched, "task", { samples: 3000, seed: 1 });
    const times = new Array<number>(12).fill(0);
    for (const counts of seen) {
      expect(counts.filter((count) => count === 1).length).toBe(10);
      for (const [item, count] of counts.entries()) times[item]! += count;
    }
    // 2,500 are expected, with a standard deviation of 20.
    for (const time of times) expect(Math.abs(time - 2500)).toBeLessThan(100);
  });

  test("the same seed and task give the same ones, others give others", () => {
    const drawnBy = (task: string, seed: number) => {
      seen.length = 0;
      subsampleScores(watched, task, { samples: 20, seed });
      return [...seen];
    };
    const own = drawnBy("task", 1);
    expect(drawnBy("task", 1)).toEqual(own);
    expect(drawnBy("task", 2)).not.toEqual(own);
    expect(drawnBy("another", 1)).not.toEqual(own);
  });
});

/** The quick ones of `npm run coverage`, with a few draws. */
describe("coverage of 95 % intervals, 400 draws of 200 items", () => {
  const cases = [
    ["Spearman", "noise 0.4, steps of 1"],
    ["accuracy", "90 %"],
    ["nDCG@10", "rank 3 at the median, 1 relevant"],
    ["MSE", "log-normal, sigma 0.3"],
    ["v-measure, clusters given", "20 classes, 90 % pure"],
  ] as const;

  test.each(cases)("%s, %s", async (metric, place) => {
    const population = populations.find((one) => one.metric === metric && one.place === place);
    const [own] = await simulate(population!, 200, [subsampling(60)], { draws: 400, moreDraws: 800, seed: 3 });
    for (const { covered, holdsEstimate } of Object.values(own!.of)) {
      expect(holdsEstimate).toBe(1);
      // 95 % with three standard deviations of so few draws.
      expect(covered).toBeGreaterThan(0.917);
      expect(covered).toBeLessThan(0.99);
    }
  });

  test("means of five tasks, and their differences", async () => {
    const random = Random.fromText("means");
    const tasks = [0.3, 0.6, 0.8, 0.9, 0.95].map((rate) => accuracies(rate, 0.02));
    const truth = { score: mean([0.3, 0.6, 0.8, 0.9, 0.95]), difference: 0.02 * mean([0.3, 0.6, 0.8, 0.9, 0.95]) };
    const { intervals } = subsampling(1);
    const held = { score: 0, difference: 0 };
    for (let draw = 0; draw < 600; draw++) {
      const drawn = await Promise.all(tasks.map((task) => task.draw(100, random)));
      const found = drawn.map((pair) => ({ pair, ...intervals(pair, "task") }));
      for (const kind of ["score", "difference"] as const) {
        const estimates = found.map(({ pair: [a, b], [kind]: interval }) => ({
          value: kind === "score" ? a.score : a.score - b.score,
          interval,
        }));
        const { low, high } = meanInterval(estimates)!;
        if (low <= truth[kind] && truth[kind] <= high) held[kind]++;
      }
    }
    for (const times of Object.values(held)) {
      expect(times / 600).toBeGreaterThan(0.925);
      expect(times / 600).toBeLessThan(0.985);
    }
  });

  test("percentiles of the bootstrap fail it, for clusters", async () => {
    const population = populations.find(({ place }) => place === "20 classes, 50 % pure")!;
    const [own] = await simulate(population, 200, [percentileBootstrap(60)], { draws: 50, moreDraws: 100, seed: 3 });
    expect(own!.of.score.covered).toBeLessThan(0.1);
    expect(own!.of.score.holdsEstimate).toBeLessThan(0.1);
  });
});
