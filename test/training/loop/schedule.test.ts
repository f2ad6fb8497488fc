/** Schedules against the formulas of transformers, as its documentation and code give them. */
import { expect, test } from "vitest";
import { scheduleFactor } from "../../../src/training/loop/schedule.ts";

test.each([
  ["linear", [0, 0.25, 0.5, 0.75, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6, 0]],
  ["cosine", [0, 0.25, 0.5, 0.75, 1, 0.5 + Math.sqrt(3) / 4, 0.75, 0.5, 0.25, 0.5 - Math.sqrt(3) / 4, 0]],
  ["constant", [0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1]],
] as const)("%s", (schedule, expected) => {
  const factors = Array.from({ length: 11 }, (_, step) => scheduleFactor(schedule, step, 4, 10));
  for (const [step, factor] of factors.entries()) expect(factor).toBeCloseTo(expected[step]!, 14);
});

test("without warm-up the first step is at the full rate, with nothing but warm-up it only rises", () => {
  expect(scheduleFactor("linear", 0, 0, 4)).toBe(1);
  expect(scheduleFactor("cosine", 3, 10, 4)).toBe(0.3);
});
