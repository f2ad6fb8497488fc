/** The report of a run: its curves, its scales, and what it makes of names. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { recipeOf } from "../../../src/distillation/options.ts";
import { distillationReport } from "../../../src/distillation/report.ts";
import { countScale, linearScale, logarithmicScale } from "../../../src/report/scale.ts";
import { Curves } from "../../../src/training/report/curves.ts";
import { reportHtml } from "../../../src/training/report/report.ts";
import { duration, significant } from "../../../src/training/report/text.ts";
import { expectPolicy } from "../../report/policy.ts";

function curvesOf(steps: number): Curves {
  const curves = new Curves();
  for (let step = 1; step <= steps; step++) {
    curves.add({
      type: "step",
      step,
      stage: "train",
      done: step,
      total: steps,
      samples: 8 * step,
      epochs: step / steps,
      loss: 1 / step,
      learningRate: step,
      gradientNorm: 1,
      sentencesPerSecond: 100,
      seconds: step / 10,
    });
  }
  curves.add({ type: "validation", step: steps, loss: 0.25, isBest: true });
  return curves;
}

test("a curve stays short and its points are means of neighbours", () => {
  expect(curvesOf(5).points("learningRate")).toEqual([1, 2, 3, 4, 5].map((step) => [step, step]));
  for (const steps of [2048, 5000, 20_001]) {
    const points = curvesOf(steps).points("learningRate");
    expect(points.length).toBeLessThanOrEqual(2048);
    expect(points.length).toBeGreaterThan(1000);
    // The value is the step here, so a mean of values stands at the mean of the steps.
    for (const [step, value] of points) expect(value).toBeCloseTo(step, 6);
    expect(points.map(([step]) => step)).toEqual([...points].map(([step]) => step).sort((a, b) => a - b));
  }
});

test("scales place what they show between their ends, and have a few round ticks", () => {
  const values = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(values, values, (a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      for (const scale of [linearScale(low, high), linearScale(0, high), logarithmicScale(low, high)]) {
        for (const value of [low, high, ...scale.ticks]) {
          expect(scale.position(value)).toBeGreaterThanOrEqual(-1e-6);
          expect(scale.position(value)).toBeLessThanOrEqual(1 + 1e-6);
        }
        expect(scale.position(low)).toBeLessThanOrEqual(scale.position(high));
        expect(scale.ticks.length).toBeGreaterThan(1);
        expect(scale.ticks.length).toBeLessThan(20);
      }
    }),
  );
  expect(linearScale(0, 0.83).ticks.map(significant)).toEqual(["0", "0.2", "0.4", "0.6", "0.8", "1"]);
  expect(logarithmicScale(0.001, 0.09).ticks.map(significant)).toEqual([
    "0.001",
    "0.002",
    "0.005",
    "0.01",
    "0.02",
    "0.05",
  ]);
  expect(countScale(1).ticks).toEqual([0, 1]);
  expect(countScale(10_938).ticks).toEqual([0, 2500, 5000, 7500, 10_000]);
});

test("numbers and times as people write them", () => {
  expect([0.000123, 0.00001, 12345.6, 0.5, 0].map(significant)).toEqual(["0.000123", "1e-5", "12,300", "0.5", "0"]);
  expect([5, 65, 3600, 7265].map(duration)).toEqual(["5 s", "1 min 5 s", "1 h 0 min", "2 h 1 min"]);
});

test("a page from the first step on, in which names are text", () => {
  const hostile = '<script>alert("1")</script>';
  const report = distillationReport({
    name: hostile,
    recipe: recipeOf({
      teachers: [{ model: hostile, token: "hf_secret" }],
      student: { model: "student" },
      sentences: [{ path: hostile }],
      out: "out",
    }),
    prepared: {
      type: "prepared",
      counts: { read: 9, empty: 0, tooLong: 0, duplicates: 1, augmented: 0, train: 6, validation: 2 },
      teacherDimension: 3,
      dimension: 2,
      explainedVariance: 0.75,
      parameters: 1234,
      totalSteps: 10,
      resumedFrom: 0,
    },
    explainedVarianceRatio: [0.5, 0.25],
    scoreName: undefined,
  });
  for (const curves of [new Curves(), curvesOf(1), curvesOf(10)]) {
    const html = reportHtml({ ...report, status: "running", curves });
    expect(html).not.toContain(hostile);
    expect(html).not.toContain("hf_secret");
    expectPolicy(html);
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
    expect(html).toContain("1,234");
  }
});
