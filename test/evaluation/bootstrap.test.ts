/** The bootstrap against what is known of it, and its random numbers. */
import { expect, test } from "vitest";
import { percentileInterval, resampledScores } from "../../src/evaluation/statistics/bootstrap.ts";
import { Random } from "../../src/random.ts";

const random = Random.fromText("data");
const values = Array.from({ length: 400 }, () => random.nextInteger(1000) / 1000);
const mean = {
  itemCount: values.length,
  statistic: (counts: Int32Array) =>
    counts.reduce((sum, count, index) => sum + count * values[index]!, 0) / values.length,
};

test("the interval of a mean is 1.96 standard errors to each side", () => {
  const { low, high } = percentileInterval(resampledScores(mean, "task", { resamples: 4000, seed: 1 }));
  const center = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - center) ** 2, 0) / values.length;
  const expected = 1.96 * Math.sqrt(variance / values.length);
  expect(Math.abs(center - low - expected)).toBeLessThan(0.05 * expected);
  expect(Math.abs(high - center - expected)).toBeLessThan(0.05 * expected);
});

test("the same seed and task give the same samples, so that differences are paired; others give others", () => {
  const shifted = { ...mean, statistic: (counts: Int32Array) => mean.statistic(counts) + 0.25 };
  const options = { resamples: 50, seed: 1 };
  const [own, other] = [resampledScores(mean, "task", options), resampledScores(shifted, "task", options)];
  for (const [index, score] of own.entries()) expect(other[index]! - score).toBeCloseTo(0.25, 12);
  expect(resampledScores(mean, "task", { ...options, seed: 2 })).not.toEqual(own);
  expect(resampledScores(mean, "other task", options)).not.toEqual(own);
});

test("every resample draws as many items as there are", () => {
  const counted = { itemCount: 7, statistic: (counts: Int32Array) => counts.reduce((sum, count) => sum + count, 0) };
  expect([...resampledScores(counted, "task", { resamples: 5, seed: 1 })]).toEqual([7, 7, 7, 7, 7]);
});

test("resamples without a score don't count; without any there is no interval", () => {
  expect(percentileInterval(Float64Array.of(Number.NaN, 2, Number.NaN))).toEqual({ low: 2, high: 2 });
  expect(() => percentileInterval(Float64Array.of(Number.NaN))).toThrow(/none of 1 resamples has a score/);
});

test("random integers are spread evenly, and those in a row have nothing to do with one another", () => {
  const random = Random.fromText("seed");
  const draws = Array.from({ length: 100_000 }, () => random.nextInteger(10));
  // Chi-squared: 99.99 % of fair tables are below these.
  expect(chiSquared(draws, 10)).toBeLessThan(33.7);
  const inRow = draws.slice(1).map((draw, index) => 10 * draw + draws[index]!);
  expect(chiSquared(inRow, 100)).toBeLessThan(161);
});

function chiSquared(draws: readonly number[], kinds: number): number {
  const expected = draws.length / kinds;
  const counts = new Array<number>(kinds).fill(0);
  for (const draw of draws) counts[draw]!++;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
