/** What a fine-tuning and its plan begin with: options, model and rows, each checked. */
import { HpdError } from "../errors.ts";
import { createLearner } from "../training/learner/create-learner.ts";
import type { Learner } from "../training/learner/learner.ts";
import { type EpochLength, totalStepsIn } from "../training/loop/run-length.ts";
import { timesWeight } from "../training/losses/times-weight.ts";
import { requireMainThread } from "../training/run/checks.ts";
import type { Measured } from "../training/run/measure-training.ts";
import { type OpenRun, openRun } from "../training/run/run.ts";
import { openStudent } from "../training/student/open-student.ts";
import type { Student } from "../training/student/student.ts";
import type { OpenDatasets } from "./open-datasets.ts";
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

export function learnerOf(
  { recipe, student }: Setup,
  { summaries }: OpenDatasets,
  threads: number | undefined,
): Promise<Learner> {
  return createLearner({
    modules: student.modules,
    padId: student.tokenizer.padId,
    objectives: recipe.datasets.map(({ loss, weight }, index) => ({
      loss: timesWeight(loss, weight),
      columns: summaries[index]!.columns.length,
    })),
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
export function stepsOf(recipe: TrainRecipe, epoch: EpochLength): Record<"warmupSteps" | "validationSteps", number> {
  const tenth = totalStepsIn(recipe, epoch) / 10;
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
