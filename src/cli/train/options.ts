/** The options of `train` from its settings. */

import { defined } from "../../common/optional.ts";
import * as losses from "../../train.ts";
import { flagNameOf } from "../flag-names.ts";
import { runOptionsOf, validationOf } from "../settings/run-settings.ts";
import type { ValuesOf } from "../settings/table.ts";
import { UsageError } from "../usage-error.ts";
import { lossNames, lossSettings, type lossSum } from "./loss-settings.ts";
import type { DatasetValues, Values } from "./settings.ts";

/** @throws UsageError for missing data or settings that need others; HpdError for an option that the loss doesn't have */
export function trainOptions(values: Values): losses.TrainOptions {
  return { ...commonOptions(values, lossOf), pooling: values.pooling };
}

/**
 * The options that training of all kinds of models shares.
 *
 * @param lossOf makes the loss that settings name
 * @throws UsageError for missing data
 */
export function commonOptions<L>(values: Values, lossOf: (values: LossValues) => L) {
  const { model, data, datasets, out } = values;
  if (datasets !== undefined && data !== undefined) {
    throw new UsageError("--data excludes the datasets of the recipe: give one of them");
  }
  if (data === undefined && datasets === undefined) throw new UsageError("missing --data FILE");
  if (datasets?.every(hasLoss)) refuseLoss(values);
  return {
    model,
    localFilesOnly: values.offline,
    ...(datasets === undefined
      ? { data: filesOf(data!, values["input-format"]) }
      : { datasets: datasets.map((dataset) => datasetOf(dataset, values, lossOf)), sampling: samplingOf(values) }),
    ...rowsOf(values),
    maxSeqLength: values["max-seq-length"],
    loss: lossOf(values),
    freeze: listOf(values.freeze),
    layerwiseLearningRateDecay: values["layerwise-learning-rate-decay"],
    lora: loraOptions(values),
    ...runOptionsOf(values),
    out,
  };
}

const listOf = (values: readonly string[] | undefined): string[] | undefined =>
  values?.flatMap((value) => value.split(","));

/** The options of adapters, which any of their settings enables unless `lora` is false. */
function loraOptions(values: Values): losses.LoraOptions | undefined {
  const targets = listOf(values["lora-targets"]);
  const isAll = targets?.length === 1 && targets[0] === "all-linear";
  const options = {
    rank: values["lora-rank"],
    alpha: values["lora-alpha"],
    dropout: values["lora-dropout"],
    targetModules: isAll ? ("all-linear" as const) : targets,
  };
  // A recipe may say false beside them.
  const { lora = Object.values(options).some((value) => value !== undefined) } = values;
  return lora ? options : undefined;
}

function rowsOf(
  values: DatasetValues,
): Pick<losses.TrainDatasetOptions, "columns" | "label" | "validation" | "prompts" | "promptNames"> {
  return {
    prompts: values.prompts,
    promptNames: values["prompt-names"],
    columns: listOf(values.columns),
    label: values.label,
    validation: validationOf(values.valid, (paths) => filesOf(paths, values["input-format"])),
  };
}

/** @param others the settings beside it, whose loss and format are used if the dataset names none */
function datasetOf<L>(given: DatasetValues, others: Values, lossOf: (values: LossValues) => L) {
  const values = { ...given, "input-format": given["input-format"] ?? others["input-format"] };
  const { name, data, weight, "batch-size": batchSize } = values;
  if (data === undefined) throw new UsageError("missing data in one of the datasets");
  const [setting] = givenOf(values);
  if (setting !== undefined && values.loss === undefined && values.losses === undefined && hasLoss(others)) {
    throw new UsageError(
      `one of the datasets has --${setting} without a loss, and what the recipe says of the loss is for datasets that say ` +
        "nothing of it: name the loss there, too",
    );
  }
  return {
    name,
    data: filesOf(data, values["input-format"]),
    ...rowsOf(values),
    loss: lossOf(hasLoss(values) ? values : others),
    weight,
    batchSize,
  };
}

const samplingOf = ({ sampling }: Values): losses.Sampling | undefined =>
  sampling === "round-robin" ? "roundRobin" : sampling;

function filesOf(paths: readonly string[], format: Values["input-format"]): losses.DataFile[] {
  return paths.map((path) => ({ path, format }));
}

const makers: Readonly<Record<(typeof lossNames)[number], (options: object) => losses.Loss>> = {
  "multiple-negatives-ranking": losses.multipleNegativesRanking,
  cosent: losses.cosent,
  angle: losses.angle,
  "cosine-similarity": (options) => losses.cosineSimilarity(options as Record<string, never>),
  contrastive: losses.contrastive,
  "online-contrastive": losses.onlineContrastive,
  triplet: losses.triplet,
  "mega-batch-margin": losses.megaBatchMargin,
  "gist-embed": (options) => losses.gistEmbed(options as losses.GistEmbedLossOptions),
  "batch-all-triplet": losses.batchAllTriplet,
  "batch-hard-triplet": losses.batchHardTriplet,
  "batch-semi-hard-triplet": losses.batchSemiHardTriplet,
  "batch-hard-soft-margin-triplet": losses.batchHardSoftMarginTriplet,
  "margin-mse": losses.marginMse,
  "distill-kl": losses.distillKl,
  softmax: losses.softmax,
  mse: (options) => losses.mse(options as Record<string, never>),
};

/** The settings of one loss. */
type OneLossValues = ValuesOf<typeof lossSettings>;

/** The settings of a loss, or of a weighted sum of losses. */
export type LossValues = OneLossValues & ValuesOf<typeof lossSum>;

/** The names of the settings of a loss that are given. */
function givenOf(values: OneLossValues): (keyof OneLossValues)[] {
  return (Object.keys(lossSettings) as (keyof OneLossValues)[]).filter((name) => values[name] !== undefined);
}

function hasLoss(values: LossValues): boolean {
  return givenOf(values).length > 0 || values.losses !== undefined;
}

/** @throws UsageError for a setting of the loss beside datasets that all have a loss of their own */
function refuseLoss(values: LossValues): void {
  if (!hasLoss(values)) return;
  const [setting] = givenOf(values);
  throw new UsageError(
    `${setting === undefined ? "losses" : `--${setting}`} is for datasets that say nothing of a loss, and all of the ` +
      "recipe's do: set it in each that it is for",
  );
}

function lossOf(values: LossValues): losses.Loss {
  const { losses: several } = values;
  const plain = several === undefined ? plainLoss(values) : sumOf(several, values);
  return inLayers(inDimensions(plain, values), values);
}

/** Settings of losses around others, which apply to a sum as a whole. */
export const wrapping: readonly (keyof OneLossValues)[] = [
  ...(["matryoshka", "dimensions-per-step", "adaptive-layer", "layers-per-step", "last-layer-weight"] as const),
  ...(["prior-layers-weight", "kl-div-weight", "kl-temperature", "layer-weighting"] as const),
];

function sumOf(several: NonNullable<LossValues["losses"]>, beside: OneLossValues): losses.Loss {
  const misplaced = givenOf(beside).find((name) => !wrapping.includes(name));
  if (misplaced !== undefined) {
    throw new UsageError(`--${misplaced} excludes the losses of the recipe: set it in each of them`);
  }
  return losses.weightedSum(several.map(lossOf), { weights: several.map(({ weight = 1 }) => weight) });
}

function plainLoss(values: OneLossValues): losses.Loss {
  const { loss = "multiple-negatives-ranking" } = values;
  if (!Object.hasOwn(makers, loss)) {
    throw new UsageError(
      `--loss ${loss} is for cross-encoders (--cross-encoder); embedding models have ${lossNames.join(", ")}`,
    );
  }
  if (loss === "softmax" && values["no-concatenation-sent-rep"] && values["no-concatenation-sent-difference"]) {
    if (!values["concatenation-sent-multiplication"]) {
      const problem =
        "--no-concatenation-sent-rep and --no-concatenation-sent-difference leave the classifier no input";
      throw new UsageError(`${problem}: leave one of them out, or add --concatenation-sent-multiplication`);
    }
  }
  return makers[loss as keyof typeof makers](lossOptionsOf(values));
}

function inDimensions(loss: losses.Loss, values: LossValues): losses.Loss {
  const { matryoshka: dimensions, "dimensions-per-step": dimensionsPerStep } = values;
  if (dimensions !== undefined) return losses.matryoshka(loss, { dimensions, dimensionsPerStep });
  if (dimensionsPerStep === undefined) return loss;
  throw new UsageError("--dimensions-per-step needs --matryoshka");
}

function inLayers(loss: losses.Loss, values: LossValues): losses.Loss {
  const options = defined({
    layersPerStep: values["layers-per-step"],
    lastLayerWeight: values["last-layer-weight"],
    priorLayersWeight: values["prior-layers-weight"],
    klDivWeight: values["kl-div-weight"],
    klTemperature: values["kl-temperature"],
    layerWeighting: values["layer-weighting"],
  });
  if (values["adaptive-layer"]) return losses.adaptiveLayer(loss, options);
  const [alone] = Object.keys(options);
  if (alone === undefined) return loss;
  throw new UsageError(`--${flagNameOf(alone)} needs --adaptive-layer`);
}

/** The settings of a loss by the names of its options. */
export function lossOptionsOf(values: OneLossValues): Record<string, unknown> {
  const { scale, temperature, margin, similarity, distance, symmetric, directions, guide } = values;
  return defined({
    ...{ scale, temperature, margin, similarity, distance, symmetric, guide },
    directions: directions?.flatMap((names) => names.split(",")),
    partitionMode: values["partition-mode"],
    hardnessMode: values["hardness-mode"],
    hardnessStrength: values["hardness-strength"],
    positiveMargin: values["positive-margin"],
    negativeMargin: values["negative-margin"],
    guideRevision: values["guide-revision"],
    marginStrategy: values["margin-strategy"],
    contrastAnchors: values["no-contrast-anchors"] ? false : undefined,
    contrastPositives: values["no-contrast-positives"] ? false : undefined,
    concatenationSentRep: values["no-concatenation-sent-rep"] ? false : undefined,
    concatenationSentDifference: values["no-concatenation-sent-difference"] ? false : undefined,
    concatenationSentMultiplication: values["concatenation-sent-multiplication"],
    posWeight: values["pos-weight"],
    numNegatives: values["num-negatives"],
    activationFn: values.activation,
  });
}
