import { expect, test } from "vitest";
import { checkLoopNumbers, type LoopNumbers } from "../../../src/training/run/check-numbers.ts";

const numbers: LoopNumbers = {
  epochs: 1,
  maxSteps: undefined,
  maxSamples: undefined,
  batchSize: 16,
  accumulationSteps: 1,
  learningRate: 1e-4,
  warmupSteps: undefined,
  weightDecay: 0.01,
  maxGradientNorm: 1,
  dropout: 0.1,
  validationSteps: undefined,
  patience: undefined,
  threads: undefined,
  checkpointMinutes: undefined,
};

/** The values at and within the ends of each range, and those at and outside them. */
const counts = { taken: [1, 2, 1e6], refused: [0, -1, 1.5, Infinity] };
const ranges: Record<keyof LoopNumbers, { readonly taken: readonly number[]; readonly refused: readonly number[] }> = {
  epochs: { taken: [0.01, 1, 2.5], refused: [0, -1, Infinity] },
  maxSteps: counts,
  maxSamples: counts,
  batchSize: counts,
  accumulationSteps: counts,
  learningRate: { taken: [1e-12, 1, 99], refused: [0, -1e-4, Infinity] },
  warmupSteps: { taken: [0, 1, 100], refused: [-1, 0.5, Infinity] },
  weightDecay: { taken: [0, 0.5, 9999], refused: [-1e-3, -1, Infinity] },
  maxGradientNorm: { taken: [1e-12, 1, Infinity], refused: [0, -1] },
  dropout: { taken: [0, 0.5, 0.999], refused: [-0.1, 1, 2] },
  validationSteps: counts,
  patience: counts,
  threads: counts,
  checkpointMinutes: { taken: [0, 0.5, 60], refused: [-0.5] },
};

test.each(Object.entries(ranges))("%s", (name, { taken, refused }) => {
  for (const value of taken) expect(() => checkLoopNumbers({ ...numbers, [name]: value })).not.toThrow();
  for (const value of [...refused, Number.NaN, "1"]) {
    expect(() => checkLoopNumbers({ ...numbers, [name]: value as number }), `${value}`).toThrow(
      expect.objectContaining({ code: "invalid_argument", message: expect.stringContaining(name) }),
    );
  }
});

test("a step that would take all of a weight away", () => {
  checkLoopNumbers({ ...numbers, learningRate: 0.1, weightDecay: 9.9 });
  for (const weightDecay of [10, 11]) {
    expect(() => checkLoopNumbers({ ...numbers, learningRate: 0.1, weightDecay })).toThrow(/learningRate/);
  }
});
