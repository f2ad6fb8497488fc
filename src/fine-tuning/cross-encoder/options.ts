/** The options of `trainCrossEncoder` and what they are where nothing is said. */
import { requirePositiveInteger } from "../../common/arguments.ts";
import { describe, isObject } from "../../common/json.ts";
import type { Optional } from "../../common/optional.ts";
import { checkedOptions, type Hints, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import type { TrainDataOptions } from "../dataset-options.ts";
import {
  type FineTuneOptions,
  fineTuningDefaults,
  fineTuningOptionTypes,
  type LoraOption,
  recipeOf,
} from "../options.ts";
import type { FineTuningRecipe } from "../recipe.ts";
import type { CrossEncoderEvaluator } from "./evaluator.ts";
import type { CrossEncoderLoss } from "./losses/cross-encoder-loss.ts";
import { crossEncoderLosses } from "./losses/index.ts";

/** The options that decide which weights result. A resumed run must have the same. */
export interface TrainCrossEncoderRecipe extends FineTuningRecipe<CrossEncoderLoss> {
  /** Scores of a pair. Default: those of the model, or as many as there are `labels`, or 1. */
  readonly numLabels: number | undefined;
  /** The name of each score; the labels of rows may be given by these names. Default: those of the model. */
  readonly labels: readonly string[] | undefined;
  /** Stands before the first text of every pair. Default: nothing. */
  readonly prompt: string;
}

/** `data` and `loss`, or `datasets`. */
export type TrainCrossEncoderOptions = Pick<TrainCrossEncoderRecipe, "model"> &
  TrainDataOptions<CrossEncoderLoss> &
  Optional<Omit<TrainCrossEncoderRecipe, "datasets" | "lora">> &
  LoraOption &
  Omit<FineTuneOptions, "evaluator"> & {
    /**
     * Measures the model at each validation. Default: its scores of the rows that are held out, by what the loss is
     * for.
     */
    readonly evaluator?: CrossEncoderEvaluator | undefined;
  };

const { measure: _, ...types } = fineTuningOptionTypes;

const table: OptionTable<TrainCrossEncoderOptions> = {
  ...types,
  numLabels: "number",
  labels: "any",
  prompt: "string",
};

const hints: Hints = {
  pooling: "a cross-encoder has a classification head instead",
  measure: "scores of the rows that are held out stand in the card",
  maxLength: "maxSeqLength is its name here",
};

const defaults = { numLabels: undefined, labels: undefined, prompt: "", ...fineTuningDefaults };

/** @throws HpdError `invalid_argument` for an invalid option. Whatever depends on files and models is checked later. */
export function crossEncoderRecipeOf(options: TrainCrossEncoderOptions): TrainCrossEncoderRecipe {
  const caller = "trainCrossEncoder";
  checkedOptions(caller, options, table, hints);
  const recipe = recipeOf<TrainCrossEncoderOptions, TrainCrossEncoderRecipe, CrossEncoderLoss>(
    options,
    defaults,
    { caller, requireLoss },
    true,
  );
  if (recipe.datasets.some(({ prompts, promptNames }) => prompts !== undefined || promptNames !== undefined)) {
    throw new HpdError(
      "invalid_argument",
      "`prompts` and `promptNames` are for models that embed texts: a cross-encoder has one `prompt` before every pair",
    );
  }
  const { numLabels, labels } = recipe;
  if (numLabels !== undefined) requirePositiveInteger("numLabels", numLabels);
  if (labels === undefined) return recipe;
  const areNames = Array.isArray(labels) && labels.every((label) => typeof label === "string" && label !== "");
  if (!areNames || labels.length === 0 || new Set(labels).size < labels.length) {
    throw new HpdError("invalid_argument", `labels should be different names, got ${describe(labels)}`);
  }
  if (numLabels !== undefined && numLabels !== labels.length) {
    const expected = `${labels.length}, the number of labels`;
    throw new HpdError("invalid_argument", `numLabels should be ${expected}, got ${numLabels}`);
  }
  return recipe;
}

function requireLoss(loss: unknown, name: string): void {
  if (isObject(loss) && loss.kind === "CrossEncoderLoss") return;
  const isOther = isObject(loss) && typeof loss.build === "function";
  const known = Object.keys(crossEncoderLosses).join(", ");
  throw new HpdError(
    "invalid_argument",
    `${name} should be one of crossEncoderLosses (${known}), such as crossEncoderLosses.binaryCrossEntropy(), got ` +
      (isOther ? `${nameOfLoss(loss)}, which is for models that embed texts: see train` : describe(loss)),
  );
}

function nameOfLoss({ recipe }: Readonly<Record<string, unknown>>): string {
  return isObject(recipe) ? Object.keys(recipe).join(", ") : "a loss";
}
