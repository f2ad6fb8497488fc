/** A run of the loop with the fake learner, in a test's process or in one of its own. */
import type { LoopOptions, TrainingRun } from "../../../src/training/loop/run-loop.ts";
import { makeSet } from "./fake-learner.ts";

export const dimension = 8;

/** Into the second epoch. */
export const maxSteps = 16;

/** Rows of a batch. */
export const batchSize = 8;

export const options: LoopOptions = {
  accumulationSteps: 2,
  epochs: 2,
  seed: 3,
  learningRate: 0.05,
  schedule: "linear",
  warmupSteps: 5,
  validationSteps: 3,
  keepBest: "loss",
  checkpointMinutes: Infinity,
};

/** One dataset, with its validation. */
export function makeDatasets(): TrainingRun["datasets"] {
  return [{ name: "", train: makeSet(203, dimension, 1), validation: makeSet(40, dimension, 2), batchSize }];
}
