/** The options of `train` and what they are where nothing is said. */
import { requireOptionalOneOf, requirePositiveInteger, requireWholeNumber } from "../common/arguments.ts";
import type { Optional } from "../common/optional.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import { HpdError } from "../errors.ts";
import { poolingModes } from "../graph/node.ts";
import { type Sampling, samplings } from "../training/loop/sampling.ts";
import type { Schedule } from "../training/loop/schedule.ts";
import { checkRun, givenOf, loopOptionTypes, type RunOptions, runOptionTypes } from "../training/run/run-options.ts";
import type { OpenStudentOptions } from "../training/student/open-student.ts";
import { dataOptionTypes, datasetsOf, type TrainDataOptions, type TrainDataset } from "./dataset-options.ts";
import type { FineTuningEvent } from "./events.ts";

/** What decides which weights come out. A run that is resumed must have the same. */
export interface TrainRecipe {
  /** A model folder, or an id on the hub: all of its modules are trained on. */
  readonly model: string;
  /** The pooling of a model that has none of its own. Default `mean`. */
  readonly pooling: OpenStudentOptions["pooling"];
  /** Of the model on the hub. */
  readonly revision: string | undefined;

  /** One, or several with a loss each; every batch is of one of them. */
  readonly datasets: readonly TrainDataset[];
  /** How several datasets take turns. Default `proportional`. */
  readonly sampling: Sampling;
  /** Texts are cut to so many tokens while training, special ones included. Default: the model's own length. */
  readonly maxSeqLength: number | undefined;

  /** Passes over the rows; a part of one too. With `roundRobin`, over those of the dataset with the fewest batches. Default 1. */
  readonly epochs: number;
  /** Updates at most. */
  readonly maxSteps: number | undefined;
  /** Stop after so many rows seen. */
  readonly maxSamples: number | undefined;
  /** Of a dataset that doesn't say its own, and of texts that the evaluator embeds at once. Default 32. */
  readonly batchSize: number;
  /**
   * Batches of an update, which follows the mean of their gradients. Default 1. With `roundRobin` and as many as there are
   * datasets, each update has a batch of every dataset.
   */
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

/** `data` and `loss`, or `datasets`. */
export type TrainOptions = Pick<TrainRecipe, "model"> &
  Pick<TrainRunOptions, "out"> &
  TrainDataOptions &
  Optional<Omit<TrainRecipe, "datasets">> &
  Optional<TrainRunOptions>;

const trainOptions: OptionTable<TrainOptions> = {
  model: "string",
  pooling: "string",
  revision: "string",
  ...dataOptionTypes,
  datasets: "any",
  sampling: "string",
  maxSeqLength: "number",
  ...loopOptionTypes,
  ...runOptionTypes,
  token: "string",
  cacheFolder: "string",
  localFilesOnly: "boolean",
};

const defaults = {
  pooling: undefined,
  revision: undefined,
  sampling: "proportional",
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
  const missing = (["model", "out"] as const).find((name) => options[name] === undefined);
  if (missing !== undefined) throw new HpdError("invalid_argument", `train: ${missing} is missing`);
  const { model, data, loss, columns, label, validation, datasets, evaluator } = options;
  const settings = {
    ...defaults,
    keepBest: evaluator === undefined ? ("loss" as const) : ("score" as const),
    ...givenOf<TrainOptions, TrainRecipe>(options, defaults),
    model,
  };
  const recipe: TrainRecipe = {
    ...settings,
    datasets: datasetsOf({ data, loss, columns, label, validation, datasets }, settings.batchSize),
  };
  requireOptionalOneOf("sampling", recipe.sampling, samplings);
  requireOptionalOneOf("pooling", recipe.pooling, poolingModes);
  requireWholeNumber("seed", recipe.seed);
  if (recipe.maxSeqLength !== undefined) requirePositiveInteger("maxSeqLength", recipe.maxSeqLength);
  checkRun(recipe, options);
  return recipe;
}

/** The recipe as JSON holds it: what must be the same for a run to be resumed, and what a card shows. */
export function trainIdentityOf({ datasets, sampling, ...recipe }: TrainRecipe): object {
  const [first] = datasets;
  if (first!.name === "") {
    const { name, weight, loss, ...dataset } = first!;
    return { ...recipe, ...dataset, loss: loss.recipe };
  }
  return { ...recipe, sampling, datasets: datasets.map(({ loss, ...dataset }) => ({ ...dataset, loss: loss.recipe })) };
}
