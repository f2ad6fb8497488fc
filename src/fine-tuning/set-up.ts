/** Sets up a fine-tuning or a plan: options, model and rows, each checked. */
import { createLearner } from "../training/learner/create-learner.ts";
import type { Learner } from "../training/learner/learner.ts";
import type { Dataset } from "../training/loop/dataset.ts";
import { type EpochLength, totalStepsIn } from "../training/loop/run-length.ts";
import type { RowLoss } from "../training/losses/loss.ts";
import { torchAdamW } from "../training/optimizer/adamw.ts";
import { requireOutside } from "../training/run/checks.ts";
import { type OpenRun, openRun } from "../training/run/run.ts";
import type { Student } from "../training/student/student.ts";
import type { Tuning } from "../training/tuning/tuning.ts";
import type { ModelKind } from "./model-kind.ts";
import { type OpenDatasets, ofDataset } from "./open-datasets.ts";
import type { FineTuneOptions } from "./options.ts";
import { type FineTuningRecipe, trainIdentityOf } from "./recipe.ts";

export interface Setup<L extends RowLoss> extends OpenRun {
  readonly recipe: FineTuningRecipe<L>;
  readonly student: Student;
  readonly tuning: Tuning;
  readonly kind: ModelKind<L>;
  readonly signal: AbortSignal;
  onWarning(message: string): void;
}

/**
 * Checks options and folders and opens the work folder, before a model is read.
 *
 * @throws HpdError for folders or options of the run that can't be used
 */
export async function openFineTuning<L extends RowLoss>(
  recipe: FineTuningRecipe<L>,
  options: FineTuneOptions,
): Promise<OpenRun & Pick<Setup<L>, "signal" | "onWarning">> {
  const { signal = new AbortController().signal, onEvent } = options;
  requireOutside(recipe.model, options);
  const run = await openRun(options, trainIdentityOf(recipe), recipe.keepBest);
  return { ...run, signal, onWarning: (message) => onEvent?.({ type: "warning", message }) };
}

export function learnerOf<L extends RowLoss>(
  { recipe, student, tuning, kind }: Setup<L>,
  { summaries, guides }: OpenDatasets,
  threads: number | undefined,
): Promise<Learner> {
  return createLearner({
    modules: student.modules,
    padId: student.tokenizer.padId,
    hasTypes: kind.hasTypes,
    tuning,
    objectives: recipe.datasets.map((dataset, index) =>
      kind.objectiveOf(dataset, summaries[index]!.columns.length, {
        guideWidth: guides[index]?.width,
        classes: summaries[index]!.classes?.length,
      }),
    ),
    optimizer: { ...torchAdamW, weightDecay: recipe.weightDecay },
    maxGradientNorm: recipe.maxGradientNorm,
    dropout: recipe.dropout,
    seed: recipe.seed,
    ...(threads !== undefined && { threads }),
  });
}

/** The datasets with the encoders of their rows. @throws HpdError `invalid_argument` for an invalid prompt */
export function encodedDatasets<L extends RowLoss>(
  { recipe, kind }: Setup<L>,
  { datasets, summaries }: OpenDatasets,
): Dataset[] {
  return datasets.map((dataset, index) => {
    try {
      return { ...dataset, encoder: kind.encoderOf(recipe.datasets[index]!, summaries[index]!.columns) };
    } catch (cause) {
      throw ofDataset(dataset.name, cause);
    }
  });
}

/** Defaults that follow from the length of the run. */
export function stepsOf(
  recipe: FineTuningRecipe<RowLoss>,
  epoch: EpochLength,
): Record<"warmupSteps" | "validationSteps", number> {
  const tenth = totalStepsIn(recipe, epoch) / 10;
  // A run of a few steps has none to lose: the first one of a warm-up changes nothing.
  const warmupSteps = recipe.warmupSteps ?? Math.floor(tenth);
  return { warmupSteps, validationSteps: recipe.validationSteps ?? Math.ceil(tenth) };
}
