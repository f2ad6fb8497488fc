/** What a run would do, how long it would take and how much disk it needs: rows are read, a few batches measured. */
import { tmpdir } from "node:os";
import { parameterCount, totalStepsOf } from "../training/run/checks.ts";
import { measureTraining } from "../training/run/measure-training.ts";
import { checkpointBytes, type Space, space } from "../training/run/space.ts";
import type { FineTuningPreparedEvent } from "./events.ts";
import type { TrainOptions } from "./options.ts";
import { cuttingTokenizer, learnerOf, openRows, setUp, stepsOf } from "./set-up.ts";

export interface TrainPlan extends Omit<FineTuningPreparedEvent, "type" | "resumedFrom"> {
  readonly trainRowsPerSecond: number;
  readonly seconds: { readonly training: number; readonly validation: number };
  readonly disk: {
    /** For ever: the new model. */
    readonly out: Space;
    /** While the run lasts: texts, checkpoints. */
    readonly work: Space;
  };
}

/** @throws HpdError as `train` does before it starts to work */
export async function planTraining(options: TrainOptions): Promise<TrainPlan> {
  const setup = await setUp("planTraining", options);
  const { recipe, student, work, signal, onWarning } = setup;
  await using data = await openRows(setup, tmpdir(), options.onEvent);
  const { train, validation, counts, fields } = data;
  const run = { ...recipe, ...stepsOf(recipe, train.count) };
  const totalSteps = totalStepsOf(run, train.count, onWarning);
  const { trainRate, evaluateRate } = await measureTraining({
    learner: await learnerOf(setup, data, options.threads),
    tokenizer: cuttingTokenizer(setup),
    train,
    options: { ...run, noDuplicates: recipe.loss.hasInBatchNegatives },
    signal,
  });
  const samples = Math.min(totalSteps * run.batchSize * run.accumulationSteps, run.epochs * train.count);
  const validations = Math.ceil(totalSteps / run.validationSteps);
  const parameters = parameterCount(student);
  return {
    counts,
    ...fields,
    dimension: student.dimension,
    parameters,
    totalSteps,
    trainRowsPerSecond: trainRate,
    seconds: { training: samples / trainRate, validation: (validations * validation.count) / evaluateRate },
    disk: {
      work: await space(work.path, checkpointBytes(parameters) + data.textBytes),
      out: await space(options.out, (options.precision === "fp16" ? 2 : 4) * parameters),
    },
  };
}
