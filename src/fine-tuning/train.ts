/**
 * Fine-tuning from end to end: rows of texts with labels and a loss train a model further, and it is saved as a
 * sentence-transformers folder. Source: sentence-transformers, `SentenceTransformerTrainer`, for what its users expect.
 */
import { basename, resolve } from "node:path";
import { HpdError } from "../errors.ts";
import { type Data, openData } from "../training/data/read-rows.ts";
import { createLearner } from "../training/learner/create-learner.ts";
import { batchesWithoutDuplicates, epochWindows } from "../training/loop/epoch-order.ts";
import { runLength } from "../training/loop/run-length.ts";
import { parameterCount, requireApart, requireMainThread, totalStepsOf } from "../training/run/checks.ts";
import { runName, runTraining } from "../training/run/run.ts";
import { WorkFolder } from "../training/run/work-folder.ts";
import { openStudent } from "../training/student/open-student.ts";
import type { Student } from "../training/student/student.ts";
import type { FineTuningDoneEvent, FineTuningPreparedEvent } from "./events.ts";
import { type TrainOptions, type TrainRecipe, trainIdentityOf, trainRecipeOf } from "./options.ts";
import { fineTuningReport } from "./report.ts";
import { saveFineTuned } from "./save.ts";

/**
 * @returns what the last event says
 * @throws HpdError `invalid_argument` before any work for what can't do or while another run has the work folder, and
 *   whatever loading, reading, training and saving throw; the signal's reason, after a checkpoint that `resume` goes on
 *   from
 */
export async function train(options: TrainOptions): Promise<FineTuningDoneEvent> {
  requireMainThread("train");
  const recipe = trainRecipeOf(options);
  const { out, signal = new AbortController().signal, onEvent } = options;
  const workFolder = options.workFolder ?? `${out}.training`;
  requireApart([out], workFolder);
  const identity = {
    ...trainIdentityOf(recipe),
    // Scores of another one say nothing of which state is the best so far.
    ...(recipe.keepBest === "score" && { evaluator: options.evaluator?.name }),
  };
  const { resume = false, overwrite = false } = options;
  const work = await WorkFolder.open({ out, work: workFolder, resume, overwrite }, identity);
  const onWarning = (message: string): void => onEvent?.({ type: "warning", message });
  const { model, pooling, revision } = recipe;
  const { token, cacheFolder, localFilesOnly } = options;
  const student = await openStudent({ model, pooling, revision, token, cacheFolder, localFilesOnly, onWarning });
  requireTextLength(recipe, student);
  await using _lock = await work.lock();
  if (work.outcome !== undefined) {
    // It ended, or was killed, after its model was in its place.
    await work.removeCheckpoints();
    return done(options, work, work.outcome);
  }
  await using data = await openData(recipe, recipe.loss, work.path, signal, (read) =>
    onEvent?.({ type: "prepare", stage: "read", done: read }),
  );
  const run = { ...recipe, ...stepsOf(recipe, data.train.count) };
  await requireBatches(run, data, onWarning);
  let prepared: FineTuningPreparedEvent | undefined;
  const outcome = await runTraining({
    work,
    name: runName(identity, data.fingerprint, student.parameters),
    onPrepared(resumedFrom) {
      prepared = preparedEvent(run, student, data, resumedFrom, onWarning);
      onEvent?.(prepared);
      return fineTuningReport(basename(resolve(out)), recipe, prepared, options.evaluator?.name);
    },
    createLearner: () =>
      createLearner({
        modules: student.modules,
        parameters: student.parameters,
        padId: student.tokenizer.padId,
        loss: recipe.loss,
        columns: data.fields.columns.length,
        optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: recipe.weightDecay, correctBias: true },
        maxGradientNorm: recipe.maxGradientNorm,
        dropout: recipe.dropout,
        seed: recipe.seed,
        ...(options.threads !== undefined && { threads: options.threads }),
      }),
    loop: {
      tokenizer: { encode: (text) => student.tokenizer.encode(text, recipe.maxSeqLength) },
      train: data.train,
      validation: data.validation,
      evaluator: options.evaluator,
      options: {
        ...run,
        checkpointMinutes: options.checkpointMinutes ?? 10,
        noDuplicates: recipe.loss.hasInBatchNegatives ?? false,
      },
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
  return done(options, work, outcome);
}

function done(
  { out, onEvent }: TrainOptions,
  work: WorkFolder,
  outcome: Omit<FineTuningDoneEvent, "type" | "out" | "report">,
): FineTuningDoneEvent {
  const event: FineTuningDoneEvent = { type: "done", out, report: work.report, ...outcome };
  onEvent?.(event);
  return event;
}

/** What follows from the length of the run where nothing is said. */
function stepsOf(recipe: TrainRecipe, rows: number): Record<"warmupSteps" | "validationSteps", number> {
  const tenth = runLength(recipe, rows).totalSteps / 10;
  // A run of a few steps has none to lose: the first one of a warm-up changes nothing.
  const warmupSteps = recipe.warmupSteps ?? Math.floor(tenth);
  return { warmupSteps, validationSteps: recipe.validationSteps ?? Math.ceil(tenth) };
}

/** @throws HpdError `invalid_argument` for a length that the model hasn't, or that has no room for text */
function requireTextLength({ maxSeqLength }: TrainRecipe, { tokenizer, maxSeqLength: most }: Student): void {
  if (maxSeqLength === undefined) return;
  const special = tokenizer.encode("").length;
  if (maxSeqLength > special && maxSeqLength <= most) return;
  throw new HpdError(
    "invalid_argument",
    `maxSeqLength should be from ${special + 1}, more than the special tokens, to ${most}, the length of the model, got ` +
      `${maxSeqLength}`,
  );
}

/**
 * Warns where rows will often be left out.
 *
 * @throws HpdError `invalid_argument` where every batch would have one row, so that nothing could be learnt
 */
async function requireBatches(
  { loss, batchSize, seed }: TrainRecipe,
  { train }: Data,
  onWarning: (message: string) => void,
): Promise<void> {
  if (!loss.hasInBatchNegatives) return;
  if (batchSize < 2) {
    throw new HpdError(
      "invalid_argument",
      "batchSize should be 2 or more: the other rows of a batch are the negatives",
    );
  }
  const [window] = epochWindows(train.count, batchSize, seed, 0, 0).windows;
  const { columns } = await train.read(window!.places);
  const batches = batchesWithoutDuplicates(columns, batchSize);
  if (batches.some((batch) => batch.length > 1)) {
    const rows = window!.places.length;
    const used = batches.reduce((sum, batch) => sum + batch.length, 0);
    if (used < 0.9 * rows) {
      onWarning(
        `many rows have texts in common: of ${rows} rows, ${rows - used} find no batch in which their texts aren't yet, and ` +
          "are left out of a pass. Smaller batches take more of them.",
      );
    }
    return;
  }
  throw new HpdError(
    "invalid_argument",
    "all rows have a text in common, so no batch can be made in which a text stands once: a text that is another row's " +
      "negative can't be its own positive. Give rows with different texts, or take a loss without in-batch negatives",
  );
}

function preparedEvent(
  run: TrainRecipe & Record<"warmupSteps" | "validationSteps", number>,
  student: Student,
  data: Data,
  resumedFrom: number,
  onWarning: (message: string) => void,
): FineTuningPreparedEvent {
  return {
    type: "prepared",
    counts: data.counts,
    columns: data.fields.columns,
    label: data.fields.label,
    dimension: student.dimension,
    parameters: parameterCount(student),
    totalSteps: totalStepsOf(run, data.train.count, onWarning),
    resumedFrom,
  };
}
