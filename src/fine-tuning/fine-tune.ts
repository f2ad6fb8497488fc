/**
 * Fine-tuning from end to end: rows of texts with labels and a loss train a model further, and it is saved as a
 * sentence-transformers folder. Source: sentence-transformers, `SentenceTransformerTrainer`, for what its users expect.
 */
import { basename, resolve } from "node:path";
import { Random } from "../random.ts";
import type { Dataset } from "../training/loop/dataset.ts";
import { epochLength } from "../training/loop/run-length.ts";
import type { RowLoss } from "../training/losses/loss.ts";
import { parameterCount, totalStepsOf } from "../training/run/checks.ts";
import { type DoneEvent, emitDone, runName, runTraining } from "../training/run/run.ts";
import { trainedCount } from "../training/tuning/tuning.ts";
import type { FineTuningPreparedEvent } from "./events.ts";
import { type OpenDatasets, openDatasets } from "./open-datasets.ts";
import type { FineTuneOptions } from "./options.ts";
import type { FineTuningRecipe } from "./recipe.ts";
import { fineTuningReport } from "./report.ts";
import { saveFineTuned } from "./save.ts";
import { encodedDatasets, learnerOf, type Setup, stepsOf } from "./set-up.ts";

/** @throws HpdError as `train` does */
export async function fineTune<L extends RowLoss>(options: FineTuneOptions, setup: Setup<L>): Promise<DoneEvent> {
  const { recipe, identity, work, student, kind, signal } = setup;
  const { out, onEvent } = options;
  await using _lock = await work.lock();
  if (work.outcome !== undefined) {
    // It ended, or was killed, after its model was in its place.
    await work.removeCheckpoints();
    return emitDone(options, work, work.outcome);
  }
  await using rows = await openDatasets(setup, work.path, options);
  const run = { ...recipe, ...stepsOf(recipe, epochLength(rows.datasets, recipe.sampling)) };
  const losses = recipe.datasets.map(({ loss }) => loss);
  const datasets = encodedDatasets(setup, rows);
  const measure = await kind.measureOf(losses, () => Promise.all(rows.datasets.map(heldOut)));
  let prepared: FineTuningPreparedEvent | undefined;
  const outcome = await runTraining({
    work,
    name: await runName(identity, rows.fingerprint, student.parameters),
    onPrepared(resumedFrom) {
      prepared = preparedEvent(run, setup, rows, resumedFrom);
      onEvent?.(prepared);
      return fineTuningReport(basename(resolve(out)), recipe, prepared, measure?.name);
    },
    createLearner: () => learnerOf(setup, rows, options.threads),
    loop: {
      tokenizer: kind.tokenizer,
      datasets,
      score: measure && ((learner) => measure.score(learner)),
      options: { ...run, checkpointMinutes: options.checkpointMinutes ?? 10, validatesFirst: true },
      signal,
    },
    onEvent,
    save: (learner, end, record) =>
      saveFineTuned(options, { setup, prepared: prepared!, learner, end, record, scoreName: measure?.name }),
  });
  return emitDone(options, work, outcome);
}

function heldOut({ validation }: Dataset) {
  const places = Array.from({ length: validation.count }, (_, place) => place);
  return validation.read(places, new Random(0));
}

function preparedEvent<L extends RowLoss>(
  run: FineTuningRecipe<L> & Record<"warmupSteps" | "validationSteps", number>,
  { student, tuning, kind, onWarning }: Setup<L>,
  { datasets, counts, summaries }: OpenDatasets,
  resumedFrom: number,
): FineTuningPreparedEvent {
  return {
    type: "prepared",
    counts,
    datasets: summaries,
    dimension: student.dimension,
    ...(kind.labels && { labels: kind.labels }),
    parameters: parameterCount(student),
    trained: trainedCount(student, tuning),
    totalSteps: totalStepsOf(run, epochLength(datasets, run.sampling), onWarning),
    resumedFrom,
  };
}
