/** The options of `train` and what they are where nothing is said. */
import { requireNonNegativeInteger, requireOptionalOneOf, requirePositiveInteger } from "../common/arguments.ts";
import { describe, isObject } from "../common/json.ts";
import type { Optional } from "../common/optional.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import { HpdError } from "../errors.ts";
import { poolingModes } from "../graph/node.ts";
import { type Sampling, samplings } from "../training/loop/sampling.ts";
import type { Schedule } from "../training/loop/schedule.ts";
import type { Loss, RowLoss } from "../training/losses/loss.ts";
import {
  checkRun,
  givenOf,
  loopOptionTypes,
  type PlainRunOptions,
  type RunOptions,
  runOptionTypes,
} from "../training/run/run-options.ts";
import type { OpenStudentOptions } from "../training/student/open-student.ts";
import { checkTuning } from "../training/tuning/check-tuning.ts";
import { type Lora, type LoraOptions, loraOf } from "../training/tuning/lora.ts";
import {
  type DatasetReader,
  dataOptionTypes,
  datasetsOf,
  type TrainDataOptions,
  type TrainDataset,
} from "./dataset-options.ts";
import type { FineTuningEvent } from "./events.ts";

/** The options that decide which weights result. A resumed run must have the same. */
export interface TrainRecipe extends FineTuningRecipe<Loss> {
  /** The pooling of a model that has none of its own. Default `mean`. */
  readonly pooling: OpenStudentOptions["pooling"];
}

/** The recipe of any kind of model. */
export interface FineTuningRecipe<L extends RowLoss> {
  /** A model folder, or an id on the hub: all of its modules are trained on. */
  readonly model: string;
  /** Revision of the model on the hub. */
  readonly revision: string | undefined;

  /** One, or several with a loss each; every batch is of one of them. */
  readonly datasets: readonly TrainDataset<L>[];
  /** The order in which batches of several datasets come. Default `proportional`. */
  readonly sampling: Sampling;
  /** Maximum tokens per text in training, special ones included. Default: the model's own length. */
  readonly maxSeqLength: number | undefined;

  /**
   * Number of passes over the rows, fractions too. With `roundRobin`, over those of the dataset with the fewest
   * batches. Default 1.
   */
  readonly epochs: number;
  /** Maximum number of updates. */
  readonly maxSteps: number | undefined;
  /** Maximum number of rows seen, those of later epochs counted again. */
  readonly maxSamples: number | undefined;
  /** Rows of a batch, for a dataset without its own; texts that the evaluator embeds at once. Default 32. */
  readonly batchSize: number;
  /**
   * Batches per update, which takes the mean of their gradients. Default 1. With `roundRobin` and as many as there
   * are datasets, each update has a batch of every dataset.
   */
  readonly accumulationSteps: number;
  /** Peak learning rate. Default 2e-5. */
  readonly learningRate: number;
  /** Schedule of the learning rate. Default `linear`. */
  readonly schedule: Schedule;
  /** Updates of linear warm-up. Default: a tenth of the run. */
  readonly warmupSteps: number | undefined;
  /** Weight decay of AdamW; biases and LayerNorm have none. Default 0.01. */
  readonly weightDecay: number;
  /** Maximum global norm of the gradients, which are scaled down to it. Default 1; Infinity for none. */
  readonly maxGradientNorm: number;
  /** Dropout ratio in training. Default 0.1. */
  readonly dropout: number;
  /** Default 42. */
  readonly seed: number;

  /**
   * Frozen weights: `embeddings`, the number of a layer or two of them (`0-3`), or names of weights, where `*` stands
   * for any characters. It takes no moments, no gradients and none of their time. Default: nothing.
   */
  readonly freeze: readonly string[] | undefined;
  /**
   * Factor of the learning rate for each layer down from the last one, above 0 to 1; embeddings come below the
   * first. Default 1.
   */
  readonly layerwiseLearningRateDecay: number | undefined;
  /**
   * Adapters of low rank instead of the transformer's own weights, which they become part of in the end. Default: none.
   */
  readonly lora: Lora | undefined;

  /** Updates between validations. Default: a tenth of the run. */
  readonly validationSteps: number | undefined;
  /** Criterion for the best state. Default: `score` with an evaluator, else `loss`. */
  readonly keepBest: "loss" | "score";
  /** Number of validations without a better one after which the run stops. Default: it doesn't. */
  readonly patience: number | undefined;
}

/** The options of a run that don't decide which weights result. */
export interface TrainRunOptions extends RunOptions<FineTuningEvent>, HubOptions, CardOptions {}

export interface HubOptions {
  readonly token: string | undefined;
  readonly cacheFolder: string | undefined;
  readonly localFilesOnly: boolean | undefined;
}

export interface CardOptions {
  /**
   * A recipe of `hpd train` that makes the model again, in YAML, for its card. Default: the card has a program instead.
   */
  readonly recipeFile: string | undefined;
}

/** The same options for any kind of model. */
export type FineTuneOptions = { readonly out: string } & Optional<PlainRunOptions<FineTuningEvent>> &
  Optional<HubOptions & CardOptions>;

/** `data` and `loss`, or `datasets`. */
export type TrainOptions = Pick<TrainRecipe, "model"> &
  Pick<TrainRunOptions, "out"> &
  TrainDataOptions &
  Optional<Omit<TrainRecipe, "datasets" | "lora">> &
  LoraOption &
  Optional<TrainRunOptions>;

export interface LoraOption {
  /** Adapters of low rank instead of the transformer's own weights; `{}` for PEFT's defaults. Default: none. */
  readonly lora?: LoraOptions | undefined;
}

/** Types of the options of any fine-tuning: a part of an `OptionTable`. */
export const fineTuningOptionTypes = {
  model: "string",
  revision: "string",
  ...dataOptionTypes,
  datasets: "any",
  sampling: "string",
  maxSeqLength: "number",
  freeze: "any",
  layerwiseLearningRateDecay: "number",
  lora: "any",
  ...loopOptionTypes,
  ...runOptionTypes,
  token: "string",
  cacheFolder: "string",
  localFilesOnly: "boolean",
  recipeFile: "string",
} as const;

const trainOptions: OptionTable<TrainOptions> = { ...fineTuningOptionTypes, pooling: "string" };

export const fineTuningDefaults = {
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
  freeze: undefined,
  layerwiseLearningRateDecay: undefined,
  lora: undefined,
  validationSteps: undefined,
  patience: undefined,
} as const satisfies Partial<TrainRecipe>;

const defaults = { pooling: undefined, ...fineTuningDefaults } as const satisfies Partial<TrainRecipe>;

/** @throws HpdError `invalid_argument` for an invalid option. Whatever depends on files and models is checked later. */
export function trainRecipeOf(options: TrainOptions): TrainRecipe {
  checkedOptions("train", options, trainOptions);
  const recipe = recipeOf<TrainOptions, TrainRecipe, Loss>(options, defaults, {
    caller: "train",
    requireLoss: requireEmbedderLoss,
  });
  requireOptionalOneOf("pooling", recipe.pooling, poolingModes);
  return recipe;
}

/**
 * A recipe of what is given and what is taken where nothing is said.
 *
 * @param hasScore whether there is something that measures the model
 * @throws HpdError `invalid_argument`
 */
export function recipeOf<
  Options extends Optional<PlainRunOptions<never>> & TrainDataOptions<L> & LoraOption & { model: string; out: string },
  Recipe extends FineTuningRecipe<L>,
  L extends RowLoss,
>(
  options: Options,
  defaults: Partial<Recipe>,
  reader: DatasetReader,
  hasScore = options.evaluator !== undefined,
): Recipe {
  const missing = (["model", "out"] as const).find((name) => options[name] === undefined);
  if (missing !== undefined) throw new HpdError("invalid_argument", `${reader.caller}: ${missing} is missing`);
  const { model, data, loss, columns, label, validation, prompts, promptNames, datasets, lora } = options;
  const settings = {
    ...defaults,
    keepBest: hasScore ? ("score" as const) : ("loss" as const),
    ...givenOf<Options, Recipe>(options, defaults),
    model,
    lora: lora === undefined ? undefined : loraOf(lora),
  };
  const recipe = {
    ...settings,
    datasets: datasetsOf(
      { data, loss, columns, label, validation, prompts, promptNames, datasets },
      settings.batchSize!,
      reader,
    ),
  } as unknown as Recipe;
  requireOptionalOneOf("sampling", recipe.sampling, samplings);
  requireNonNegativeInteger("seed", recipe.seed);
  if (recipe.maxSeqLength !== undefined) requirePositiveInteger("maxSeqLength", recipe.maxSeqLength);
  checkTuning(recipe);
  checkRun(recipe, options, hasScore);
  return recipe;
}

function requireEmbedderLoss(loss: unknown, name: string): void {
  if (isObject(loss) && typeof loss.build === "function") return;
  const isOther = isObject(loss) && loss.kind === "CrossEncoderLoss";
  throw new HpdError(
    "invalid_argument",
    `${name} should be a loss of hpd/train, such as multipleNegativesRanking(), got ` +
      (isOther ? "one of crossEncoderLosses: those are for trainCrossEncoder" : describe(loss)),
  );
}

/** The recipe as JSON holds it: what must be the same for a run to be resumed, and what a card shows. */
export function trainIdentityOf({ datasets, sampling, ...recipe }: FineTuningRecipe<RowLoss>): object {
  const [first] = datasets;
  if (first!.name === "") {
    const { name, weight, loss, ...dataset } = first!;
    return { ...recipe, ...dataset, loss: loss.recipe };
  }
  return { ...recipe, sampling, datasets: datasets.map(({ loss, ...dataset }) => ({ ...dataset, loss: loss.recipe })) };
}
