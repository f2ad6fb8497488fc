/** From settings to the options of `train`. */
import * as losses from "../../train.ts";
import { UsageError } from "../command.ts";
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
    epochs: values.epochs,
    maxSteps: values["max-steps"],
    maxSamples: values["max-samples"],
    batchSize: values["batch-size"],
    accumulationSteps: values["accumulation-steps"],
    learningRate: values["learning-rate"],
    schedule: values.schedule,
    warmupSteps: values.warmup,
    weightDecay: values["weight-decay"],
    maxGradientNorm: values["max-gradient-norm"],
    dropout: values.dropout,
    seed: values.seed,
    validationSteps: values["validation-steps"],
    patience: values.patience,
    out: out!,
    precision: values.precision,
    workFolder: values["work-dir"],
    checkpointMinutes: values["checkpoint-minutes"],
    threads: values.threads,
  };
}

const makers: Readonly<Record<(typeof lossNames)[number], (options: object) => losses.Loss>> = {
  "multiple-negatives-ranking": losses.multipleNegativesRanking,
  cosent: losses.cosent,
  angle: losses.angle,
  "cosine-similarity": (options) => losses.cosineSimilarity(options as Record<string, never>),
  contrastive: losses.contrastive,
  triplet: losses.triplet,
  "margin-mse": losses.marginMse,
  "distill-kl": losses.distillKl,
};

function lossOf({ loss = "multiple-negatives-ranking", matryoshka: dimensions, ...values }: Values): losses.Loss {
  const { scale, temperature, margin, similarity, distance, symmetric } = values;
  const options = Object.entries({ scale, temperature, margin, similarity, distance, symmetric });
  const made = makers[loss](Object.fromEntries(options.filter(([, value]) => value !== undefined)));
  return dimensions === undefined ? made : losses.matryoshka(made, { dimensions });
}

function validationOf(
  given: readonly string[] | undefined,
  files: (paths: readonly string[]) => losses.DataFile[],
): number | losses.DataFile[] | undefined {
  if (given === undefined) return undefined;
  return given.length === 1 && /^\d+$/.test(given[0]!) ? Number(given[0]) : files(given);
}
