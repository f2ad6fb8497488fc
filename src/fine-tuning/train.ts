/**
 * Fine-tuning from end to end: rows of texts with labels and a loss train a model further, and it is saved as a
 * sentence-transformers folder. Source: sentence-transformers, `SentenceTransformerTrainer`, for what its users expect.
 */
import { basename, resolve } from "node:path";
import { epochLength } from "../training/loop/run-length.ts";
import { parameterCount, totalStepsOf } from "../training/run/checks.ts";
import { type DoneEvent, runName, runTraining, tellDone } from "../training/run/run.ts";
import type { Student } from "../training/student/student.ts";
import type { FineTuningPreparedEvent } from "./events.ts";
import { type OpenDatasets, openDatasets } from "./open-datasets.ts";
import type { TrainOptions, TrainRecipe } from "./options.ts";
import { fineTuningReport } from "./report.ts";
import { saveFineTuned } from "./save.ts";
import { cuttingTokenizer, learnerOf, setUp, stepsOf } from "./set-up.ts";

/**
 * @returns what the last event says
 * @throws HpdError `invalid_argument` before any work for what can't do or while another run has the work folder, and
 *   whatever loading, reading, training and saving throw; the signal's reason, after a checkpoint that `resume` goes on
 *   from
 */
export async function train(options: TrainOptions): Promise<DoneEvent> {
  const setup = await setUp("train", options);
  const { recipe, identity, work, student, signal, onWarning } = setup;
  const { out, onEvent } = options;
  await using _lock = await work.lock();
  if (work.outcome !== undefined) {
    // It ended, or was killed, after its model was in its place.
    await work.removeCheckpoints();
    return tellDone(options, work, work.outcome);
  }
  await using rows = await openDatasets(setup, work.path, onEvent);
  const run = { ...recipe, ...stepsOf(recipe, epochLength(rows.datasets, recipe.sampling)) };
  let prepared: FineTuningPreparedEvent | undefined;
  const outcome = await runTraining({
    work,
    name: await runName(identity, rows.fingerprint, student.parameters),
    onPrepared(resumedFrom) {
      prepared = preparedEvent(run, student, rows, resumedFrom, onWarning);
      onEvent?.(prepared);
      return fineTuningReport(basename(resolve(out)), recipe, prepared, options.evaluator?.name);
    },
    createLearner: () => learnerOf(setup, rows, options.threads),
    loop: {
      tokenizer: cuttingTokenizer(setup),
      evaluatorTokenizer: student.tokenizer,
      datasets: rows.datasets,
      evaluator: options.evaluator,
      options: { ...run, checkpointMinutes: options.checkpointMinutes ?? 10 },
      signal,
    },
    onEvent,
    save: (learner, end, record) =>
      saveFineTuned(options, {
        recipe,
        student,
        prepared: prepared!,
        learner,
        end,
        record,
        mayReplace: work.mayReplace,
      }),
  });
  return tellDone(options, work, outcome);
}

function preparedEvent(
  run: TrainRecipe & Record<"warmupSteps" | "validationSteps", number>,
  student: Student,
  { datasets, counts, summaries }: OpenDatasets,
  resumedFrom: number,
  onWarning: (message: string) => void,
): FineTuningPreparedEvent {
  return {
    type: "prepared",
    counts,
    datasets: summaries,
    dimension: student.dimension,
    parameters: parameterCount(student),
    totalSteps: totalStepsOf(run, epochLength(datasets, run.sampling), onWarning),
    resumedFrom,
  };
}
