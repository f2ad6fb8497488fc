/** Trains the fake learner in a process of its own, for a test that kills it. Its large state makes writing it slow. */
import { Checkpoints } from "../../../src/training/loop/checkpoints.ts";
import { type LoopOptions, runLoop } from "../../../src/training/loop/run-loop.ts";
import { FakeLearner, makeSet, tokenizer } from "./fake-learner.ts";

export const dimension = 8;

/** Rows of the learner's table. */
export const largeTable = 200_000;

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

const folder = process.argv[2];
if (folder !== undefined) {
  await runLoop({
    learner: new FakeLearner(dimension, largeTable),
    tokenizer,
    datasets: [
      {
        name: "",
        train: makeSet(203, dimension, 1),
        validation: makeSet(40, dimension, 2),
        batchSize,
      },
    ],
    checkpoints: new Checkpoints(folder, "run"),
    options: { ...options, checkpointMinutes: 0, maxSteps },
  });
}
