/** From settings to the options of `train`. */
import * as losses from "../../train.ts";
import { UsageError } from "../command.ts";
import { runOptionsOf, validationOf } from "../settings/run-settings.ts";
import type { lossNames, Values } from "./settings.ts";

/** @throws UsageError where something is missing; HpdError for an option that the loss doesn't have */
export function trainOptions(values: Values): losses.TrainOptions {
  const { model, data, out } = values;
  for (const [name, value] of Object.entries({ model, data, out })) {
    if (value === undefined) throw new UsageError(`--${name} is missing: a run needs model, data and out`);
  }
  const files = (paths: readonly string[]): losses.DataFile[] =>
    paths.map((path) => ({ path, format: values["input-format"] }));
  return {
    model: model!,
    pooling: values.pooling,
    localFilesOnly: values.offline,
    data: files(data!),
    columns: values.columns?.flatMap((names) => names.split(",")),
    label: values.label,
    validation: validationOf(values.valid, files),
    maxSeqLength: values["max-seq-length"],
    loss: lossOf(values),
    ...runOptionsOf(values),
    out: out!,
  };
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
  "margin-mse": losses.marginMse,
  "distill-kl": losses.distillKl,
};

function lossOf({ loss = "multiple-negatives-ranking", matryoshka: dimensions, ...values }: Values): losses.Loss {
  const { scale, temperature, margin, similarity, distance, symmetric, directions } = values;
  const options = Object.entries({
    ...{ scale, temperature, margin, similarity, distance, symmetric },
    directions: directions?.flatMap((names) => names.split(",")),
    partitionMode: values["partition-mode"],
    hardnessMode: values["hardness-mode"],
    hardnessStrength: values["hardness-strength"],
    positiveMargin: values["positive-margin"],
    negativeMargin: values["negative-margin"],
  });
  const made = makers[loss](Object.fromEntries(options.filter(([, value]) => value !== undefined)));
  return dimensions === undefined ? made : losses.matryoshka(made, { dimensions });
}
