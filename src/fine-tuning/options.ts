/** The options of `train`, their checks and their defaults. */
import { requireNonNegativeInteger, requireOptionalOneOf, requirePositiveInteger } from "../common/arguments.ts";
import { describe, isObject } from "../common/json.ts";
import type { Optional } from "../common/optional.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import { HpdError } from "../errors.ts";
import { poolingModes } from "../graph/node.ts";
import { samplings } from "../training/loop/sampling.ts";
import type { Loss, RowLoss } from "../training/losses/loss.ts";
import { loopOptionTypes } from "../training/run/loop-recipe.ts";
import {
  checkRun,
  givenOf,
  type PlainRunOptions,
  type RunOptions,
  runOptionTypes,
} from "../training/run/run-options.ts";
import { checkTuning } from "../training/tuning/check-tuning.ts";
import { type LoraOptions, loraOf } from "../training/tuning/lora.ts";
import { type DatasetReader, dataOptionTypes, datasetsOf, type TrainDataOptions } from "./dataset-options.ts";
import type { FineTuningEvent } from "./events.ts";
import type { FineTuningRecipe, TrainRecipe } from "./recipe.ts";

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
