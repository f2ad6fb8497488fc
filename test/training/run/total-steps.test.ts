import { expect, test } from "vitest";
import { totalStepsOf } from "../../../src/training/run/checks.ts";

test.each([
  [39, []],
  [40, [/warm-up of 40 steps .* run of 40: the learning rate 0.02 is never reached.*`warmupSteps`.* such as 4,/]],
])("a warm-up of %i steps in a run of 40 is warned of if it leaves no step", (warmupSteps, expected) => {
  const warnings: string[] = [];
  const options = { warmupSteps, learningRate: 0.02, accumulationSteps: 1, epochs: 4 };
  const epoch = { batches: 10, rows: 80, rowsPerBatch: 8 };
  expect(totalStepsOf(options, epoch, (message) => warnings.push(message))).toBe(40);
  expect(warnings).toEqual(expected.map((message) => expect.stringMatching(message)));
});
