/** What a fine-tuning and its plan begin with: options, model and rows, each checked. */
import { HpdError } from "../errors.ts";
import { type Data, openData } from "../training/data/read-rows.ts";
import { createLearner } from "../training/learner/create-learner.ts";
import type { Learner } from "../training/learner/learner.ts";
import { batchesWithoutDuplicates, epochWindows } from "../training/loop/epoch-order.ts";
import { runLength } from "../training/loop/run-length.ts";
import { requireMainThread } from "../training/run/checks.ts";
import type { Measured } from "../training/run/measure-training.ts";
import { type OpenRun, openRun } from "../training/run/run.ts";
import { openStudent } from "../training/student/open-student.ts";
import type { Student } from "../training/student/student.ts";
import { type TrainOptions, type TrainRecipe, trainIdentityOf, trainRecipeOf } from "./options.ts";

export interface Setup extends OpenRun {
  readonly recipe: TrainRecipe;
  readonly student: Student;
  readonly signal: AbortSignal;
  onWarning(message: string): void;
}

/** Writes nothing. @throws HpdError as `train` does before any work */
export async function setUp(name: string, options: TrainOptions): Promise<Setup> {
  requireMainThread(name);
  const recipe = trainRecipeOf(options);
  const { signal = new AbortController().signal, onEvent } = options;
  const { identity, work } = await openRun(options, trainIdentityOf(recipe), recipe.keepBest);
  const onWarning = (message: string): void => onEvent?.({ type: "warning", message });
  const { model, pooling, revision } = recipe;
  const { token, cacheFolder, localFilesOnly } = options;
  const student = await openStudent({ model, pooling, revision, token, cacheFolder, localFilesOnly, onWarning });
  requireTextLength(recipe, student);
  return { recipe, identity, work, student, signal, onWarning };
}

/** @param folder of the file that holds the texts while they are in use */
export async function openRows(
  { recipe, signal, onWarning }: Setup,
  folder: string,
  onEvent: TrainOptions["onEvent"],
): Promise<Data> {
  const data = await openData(recipe, recipe.loss, folder, signal, (read) =>
    onEvent?.({ type: "prepare", stage: "read", done: read }),
  );
  try {
    await requireBatches(recipe, data, onWarning);
    return data;
  } catch (error) {
    await data[Symbol.asyncDispose]();
    throw error;
  }
}

export function learnerOf({ recipe, student }: Setup, data: Data, threads: number | undefined): Promise<Learner> {
  return createLearner({
    modules: student.modules,
    parameters: student.parameters,
    padId: student.tokenizer.padId,
    loss: recipe.loss,
    columns: data.fields.columns.length,
    optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: recipe.weightDecay, correctBias: true },
    maxGradientNorm: recipe.maxGradientNorm,
    dropout: recipe.dropout,
    seed: recipe.seed,
    ...(threads !== undefined && { threads }),
  });
}

/** Cuts texts to the length that the recipe names. */
export function cuttingTokenizer({ recipe, student }: Setup): Measured["tokenizer"] {
  return { encode: (text) => student.tokenizer.encode(text, recipe.maxSeqLength) };
}

/** What follows from the length of the run where nothing is said. */
export function stepsOf(recipe: TrainRecipe, rows: number): Record<"warmupSteps" | "validationSteps", number> {
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
