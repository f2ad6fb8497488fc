/** From settings to the options of `train`. */
import * as losses from "../../train.ts";
import { UsageError } from "../command.ts";
import { runOptionsOf, validationOf } from "../settings/run-settings.ts";
import { type DatasetValues, type lossNames, lossSettings, type Values } from "./settings.ts";

/** @throws UsageError where something is missing; HpdError for an option that the loss doesn't have */
export function trainOptions(values: Values): losses.TrainOptions {
  const { model, data, datasets, out } = values;
  if (datasets !== undefined && data !== undefined) {
    throw new UsageError("--data is for one dataset, and the recipe has several: take one of them");
  }
  for (const [name, value] of Object.entries({ model, data: data ?? datasets, out })) {
    if (value === undefined) throw new UsageError(`--${name} is missing: a run needs model, data and out`);
  }
  const { columns, label, validation } = rowsOf(values);
  return {
    model: model!,
    pooling: values.pooling,
    localFilesOnly: values.offline,
    ...(datasets === undefined
      ? { data: filesOf(data!, values["input-format"]) }
      : { datasets: datasets.map((dataset) => datasetOf(dataset, values)), sampling: samplingOf(values) }),
    columns,
    label,
    validation,
    maxSeqLength: values["max-seq-length"],
    loss: lossOf(values),
    ...runOptionsOf(values),
    out: out!,
  };
}

function rowsOf(values: DatasetValues): Pick<losses.TrainDatasetOptions, "columns" | "label" | "validation"> {
  return {
    columns: values.columns?.flatMap((names) => names.split(",")),
    label: values.label,
    validation: validationOf(values.valid, (paths) => filesOf(paths, values["input-format"])),
  };
}

/** @param others the settings beside it: what they say of the loss holds where the dataset says nothing of it */
function datasetOf(values: DatasetValues, others: Values): losses.TrainDatasetOptions {
  const { name, data, weight, "batch-size": batchSize } = values;
  if (data === undefined) throw new UsageError("data is missing in one of the datasets");
  const says = Object.keys(lossSettings).some((setting) => values[setting as keyof typeof lossSettings] !== undefined);
  return {
    name,
    data: filesOf(data, values["input-format"]),
    ...rowsOf(values),
    loss: lossOf(says ? values : others),
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
  "margin-mse": losses.marginMse,
  "distill-kl": losses.distillKl,
};

type LossValues = Pick<Values, keyof typeof lossSettings>;

function lossOf({ loss = "multiple-negatives-ranking", matryoshka: dimensions, ...values }: LossValues): losses.Loss {
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
