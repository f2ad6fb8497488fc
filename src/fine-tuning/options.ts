/** The options of `train` and what they are where nothing is said. */
import { requireOptionalOneOf, requirePositiveInteger, requireWholeNumber } from "../common/arguments.ts";
import { describe, isObject } from "../common/json.ts";
import type { Optional } from "../common/optional.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import { HpdError } from "../errors.ts";
import { poolingModes } from "../graph/node.ts";
import { type DataFile, dataFile } from "../training/data/read-rows.ts";
import type { Schedule } from "../training/loop/schedule.ts";
import type { Loss } from "../training/losses/loss.ts";
import { isCount, requireNumber } from "../training/run/check-numbers.ts";
import { checkRun, givenOf, loopOptionTypes, type RunOptions, runOptionTypes } from "../training/run/run-options.ts";
import type { OpenStudentOptions } from "../training/student/open-student.ts";
import type { FineTuningEvent } from "./events.ts";

/** What decides which weights come out. A run that is resumed must have the same. */
export interface TrainRecipe {
  /** A model folder, or an id on the hub: all of its modules are trained on. */
  readonly model: string;
  /** The pooling of a model that has none of its own. Default `mean`. */
  readonly pooling: OpenStudentOptions["pooling"];
  /** Of the model on the hub. */
  readonly revision: string | undefined;

  /** Files of rows: pairs, triplets, texts with scores or labels. */
  readonly data: readonly DataFile[];
  /** The fields that hold texts, in the order in which the loss takes them. Default: by their names, such as `anchor`. */
  readonly columns: readonly string[] | undefined;
  /** The field that holds the label. Default: by its name, such as `score`. */
  readonly label: string | undefined;
  /** Rows to hold out, or files of them. Default: a tenth, at most 1000. */
  readonly validation: number | readonly DataFile[] | undefined;
  /** Texts are cut to so many tokens while training, special ones included. Default: the model's own length. */
  readonly maxSeqLength: number | undefined;

  readonly loss: Loss;
  /** Passes over the rows; a part of one too. Default 1. */
  readonly epochs: number;
  /** Updates at most. */
  readonly maxSteps: number | undefined;
  /** Stop after so many rows seen. */
  readonly maxSamples: number | undefined;
  /** Rows. Default 32. With in-batch negatives more are better; memory does not grow with it. */
  readonly batchSize: number;
  /** Batches of an update. Default 1. */
  readonly accumulationSteps: number;
  /** Default 2e-5. */
  readonly learningRate: number;
  /** Default `linear`. */
  readonly schedule: Schedule;
  /** Default: a tenth of the run. */
  readonly warmupSteps: number | undefined;
  /** Default 0.01; biases and LayerNorm have none. */
  readonly weightDecay: number;
  /** Gradients are scaled down to this norm. Default 1; Infinity leaves them as they are. */
  readonly maxGradientNorm: number;
  /** The ratio of dropout while it learns. Default 0.1. */
  readonly dropout: number;
  /** Default 42. */
  readonly seed: number;

  /** Updates between two validations. Default: a tenth of the run. */
  readonly validationSteps: number | undefined;
  /** What the best state is chosen by. Default: `score` where there is an evaluator, else `loss`. */
  readonly keepBest: "loss" | "score";
  /** Stop after so many validations without a better one. Default: never. */
  readonly patience: number | undefined;
}

/** What a run needs beside its recipe. */
export interface TrainRunOptions extends RunOptions<FineTuningEvent> {
  readonly token: string | undefined;
  readonly cacheFolder: string | undefined;
  readonly localFilesOnly: boolean | undefined;
}

export type TrainOptions = Pick<TrainRecipe, "model" | "data" | "loss"> &
  Pick<TrainRunOptions, "out"> &
  Optional<TrainRecipe> &
  Optional<TrainRunOptions>;

const trainOptions: OptionTable<TrainOptions> = {
  model: "string",
  pooling: "string",
  revision: "string",
  data: [dataFile],
  columns: "any",
  label: "string",
  validation: "any",
  maxSeqLength: "number",
  loss: "any",
  ...loopOptionTypes,
  ...runOptionTypes,
  token: "string",
  cacheFolder: "string",
  localFilesOnly: "boolean",
};

const defaults = {
  pooling: undefined,
  revision: undefined,
  columns: undefined,
  label: undefined,
  validation: undefined,
  maxSeqLength: undefined,
  epochs: 1,
  maxSteps: undefined,
  maxSamples: undefined,
  batchSize: 32,
  accumulationSteps: 1,
  learningRate: 2e-5,
  schedule: "linear",
  warmupSteps: undefined,
  weightDecay: 0.01,
  maxGradientNorm: 1,
  dropout: 0.1,
  seed: 42,
  validationSteps: undefined,
  patience: undefined,
} as const satisfies Partial<TrainRecipe>;

/** @throws HpdError `invalid_argument` for an option that can't do. What files and models decide is checked later. */
export function trainRecipeOf(options: TrainOptions): TrainRecipe {
  checkedOptions("train", options, trainOptions);
  const missing = (["model", "data", "loss", "out"] as const).find((name) => options[name] === undefined);
  if (missing !== undefined) throw new HpdError("invalid_argument", `train: ${missing} is missing`);
  const { model, data, loss, evaluator } = options;
  if (data.length === 0) throw new HpdError("invalid_argument", "train: data should be files of rows, got none");
  if (!isObject(loss) || typeof (loss as { build?: unknown }).build !== "function") {
    throw new HpdError(
      "invalid_argument",
      `train: loss should be a loss of hpd/train, such as multipleNegativesRanking(), got ${describe(loss)}`,
    );
  }
  const recipe: TrainRecipe = {
    ...defaults,
    keepBest: evaluator === undefined ? "loss" : "score",
    ...givenOf<TrainOptions, TrainRecipe>(options, defaults),
    model,
    data,
    loss,
  };
  requireOptionalOneOf("pooling", recipe.pooling, poolingModes);
  requireWholeNumber("seed", recipe.seed);
  if (recipe.maxSeqLength !== undefined) requirePositiveInteger("maxSeqLength", recipe.maxSeqLength);
  checkRun(recipe, options);
  if (typeof recipe.validation === "object") {
    checkedOptions("train", { validation: recipe.validation }, { validation: [dataFile] });
  } else requireNumber("validation", recipe.validation, "a whole number from 1 up, or files", isCount);
  const { columns } = recipe;
  if (columns !== undefined && !(Array.isArray(columns) && columns.every((column) => typeof column === "string"))) {
    throw new HpdError("invalid_argument", `columns should be a list of fields, got ${describe(columns)}`);
  }
  return recipe;
}

/** The recipe as JSON holds it: what must be the same for a run to be resumed, and what a card shows. */
export function trainIdentityOf({ loss, ...recipe }: TrainRecipe): object {
  return { ...recipe, loss: loss.recipe };
}
