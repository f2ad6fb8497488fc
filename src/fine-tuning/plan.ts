/** The plan of a run, its time and its disk space: rows are read, a few batches are measured. */
import { tmpdir } from "node:os";
import { epochLength } from "../training/loop/run-length.ts";
import type { RowLoss } from "../training/losses/loss.ts";
import { parameterCount, totalStepsOf } from "../training/run/checks.ts";
import { measureTraining } from "../training/run/measure-training.ts";
import { checkpointBytes, type Space, space } from "../training/run/space.ts";
import { trainedCount } from "../training/tuning/tuning.ts";
import type { FineTuningPreparedEvent } from "./events.ts";
import { openDatasets } from "./open-datasets.ts";
import type { FineTuneOptions, TrainOptions } from "./options.ts";
import { encodedDatasets, learnerOf, type Setup, stepsOf } from "./set-up.ts";
import { setUpEmbedder } from "./set-up-embedder.ts";

export interface TrainPlan extends Omit<FineTuningPreparedEvent, "type" | "resumedFrom"> {
  readonly trainRowsPerSecond: number;
  readonly seconds: { readonly training: number; readonly validation: number };
  readonly disk: {
    /** Permanent: the new model. */
    readonly out: Space;
    /** Temporary: texts, checkpoints. */
    readonly work: Space;
  };
}

/** @throws HpdError as `train` does before it starts to work */
export async function planTraining(options: TrainOptions): Promise<TrainPlan> {
  return await planFineTuning(options, await setUpEmbedder("planTraining", options));
}

/** @throws HpdError as `planTraining` does */
export async function planFineTuning<L extends RowLoss>(options: FineTuneOptions, setup: Setup<L>): Promise<TrainPlan> {
  const { recipe, student, tuning, kind, work, signal, onWarning } = setup;
  await using rows = await openDatasets(setup, tmpdir(), options);
  const { datasets, counts, summaries, textBytes } = rows;
  const epoch = epochLength(datasets, recipe.sampling);
  const run = { ...recipe, ...stepsOf(recipe, epoch) };
  const totalSteps = totalStepsOf(run, epoch, onWarning);
  const { trainRate, evaluateRate } = await measureTraining({
    learner: await learnerOf(setup, rows, options.threads),
    tokenizer: kind.tokenizer,
    datasets: encodedDatasets(setup, rows),
    options: run,
    batches: totalSteps * run.accumulationSteps,
    signal,
  });
  const samples = Math.min(totalSteps * epoch.rowsPerBatch * run.accumulationSteps, run.epochs * epoch.rows);
  // One before the first step.
  const validations = 1 + Math.ceil(totalSteps / run.validationSteps);
  const parameters = parameterCount(student);
  const trained = trainedCount(student, tuning);
  return {
    counts,
    datasets: summaries,
    dimension: student.dimension,
    ...(kind.labels && { labels: kind.labels }),
    parameters,
    trained,
    totalSteps,
    trainRowsPerSecond: trainRate,
    seconds: { training: samples / trainRate, validation: (validations * counts.validation) / evaluateRate },
    disk: {
      work: await space(work.path, checkpointBytes(trained) + textBytes),
      out: await space(options.out, (options.weightsDtype === "fp16" ? 2 : 4) * parameters),
    },
  };
}
