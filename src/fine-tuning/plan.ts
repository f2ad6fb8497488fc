/** The plan of a run, its time and its disk space: rows are read, a few batches are measured. */
import { tmpdir } from "node:os";
import { epochLength } from "../training/loop/run-length.ts";
import type { RowLoss } from "../training/losses/loss.ts";
import { parameterCount, totalStepsOf } from "../training/run/checks.ts";
import { measureTraining } from "../training/run/measure-training.ts";
import { checkpointBytes, space } from "../training/run/space.ts";
import { trainedCount } from "../training/tuning/tuning.ts";
import { type OpenDatasets, openDatasets } from "./open-datasets.ts";
import type { FineTuneOptions } from "./options.ts";
import { encodedDatasets, learnerOf, type Setup, stepsOf } from "./set-up.ts";
import type { TrainPlan } from "./train-plan.ts";

/** Rows that a guide embeds for the measure, of those to train on and of those held out. */
const guideSample = 256;

/** @throws HpdError as `planTraining` does */
export async function planFineTuning<L extends RowLoss>(options: FineTuneOptions, setup: Setup<L>): Promise<TrainPlan> {
  const { recipe, student, tuning, kind, work, signal, onWarning } = setup;
  await using rows = await openDatasets(setup, tmpdir(), options, guideSample);
  const { datasets, counts, summaries, textBytes } = rows;
  const guide = guideCost(rows);
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
    seconds: {
      guide: guide.seconds,
      training: samples / trainRate,
      validation: (validations * counts.validation) / evaluateRate,
    },
    disk: {
      work: await space(work.path, checkpointBytes(trained) + textBytes + guide.bytes),
      out: await space(options.out, (options.weightsDtype === "fp16" ? 2 : 4) * parameters),
    },
  };
}

/** The time and the disk space of the embeddings of guides. */
function guideCost({ guides, summaries }: OpenDatasets): { seconds: number; bytes: number } {
  const cost = { seconds: 0, bytes: 0 };
  for (const [index, guide] of guides.entries()) {
    if (guide === undefined) continue;
    const { counts, columns } = summaries[index]!;
    const rows = counts.train + counts.validation;
    cost.seconds += rows / guide.rowsPerSecond;
    cost.bytes += 4 * rows * columns.length * guide.width;
  }
  return cost;
}
