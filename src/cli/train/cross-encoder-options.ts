/** From settings to the options of `trainCrossEncoder`. */
import { type CrossEncoderLoss, crossEncoderLosses, type TrainCrossEncoderOptions } from "../../train.ts";
import { UsageError } from "../command.ts";
import { commonOptions, type LossValues, lossOptionsOf } from "./options.ts";
import { crossEncoder, crossEncoderLossNames, type Values } from "./settings.ts";

/** Settings of models that embed texts, and what there is instead. */
const notOfCrossEncoders = {
  pooling: "a cross-encoder has a classification head instead",
  evaluator: "a cross-encoder is measured on the rows that are held out, which --valid FILE names",
  tasks: "they embed texts; scores of the rows that are held out stand in the card",
  matryoshka: "scores have no dimensions to cut",
} as const;

/** @throws UsageError for a setting or a loss of models that embed texts */
export function crossEncoderOptions(values: Values): TrainCrossEncoderOptions {
  for (const [name, because] of Object.entries(notOfCrossEncoders)) {
    if (values[name as keyof Values] === undefined) continue;
    throw new UsageError(`--${name} is for models that embed texts: ${because}`);
  }
  const labels = values.labels?.flatMap((names) => names.split(","));
  const numLabels = values["num-labels"];
  const isClassifier = (labels?.length ?? numLabels ?? 1) > 1;
  return {
    ...commonOptions(values, (settings) => lossOf(settings, isClassifier)),
    numLabels,
    labels,
  };
}

const makers: Readonly<Record<(typeof crossEncoderLossNames)[number], (options: object) => CrossEncoderLoss>> = {
  "binary-cross-entropy": crossEncoderLosses.binaryCrossEntropy,
  "cross-entropy": crossEncoderLosses.crossEntropy,
  mse: crossEncoderLosses.mse,
  "margin-mse": crossEncoderLosses.marginMse,
  "multiple-negatives-ranking": crossEncoderLosses.multipleNegativesRanking,
  "list-net": crossEncoderLosses.listNet,
};

function lossOf(values: LossValues, isClassifier: boolean): CrossEncoderLoss {
  if (values.losses !== undefined) throw new UsageError("losses that are added up are for models that embed texts");
  const { loss = isClassifier ? "cross-entropy" : "binary-cross-entropy" } = values;
  if (!Object.hasOwn(makers, loss)) {
    throw new UsageError(
      `--loss ${loss} is for models that embed texts; for cross-encoders there are ${crossEncoderLossNames.join(", ")}`,
    );
  }
  return makers[loss as keyof typeof makers](lossOptionsOf(values));
}

/** @throws UsageError for a setting of cross-encoders alone */
export function refuseCrossEncoderSettings(values: Values): void {
  const given = Object.keys(crossEncoder).find((name) => values[name as keyof Values] !== undefined);
  if (given === undefined) return;
  throw new UsageError(`--${given} is for cross-encoders: say --cross-encoder to put a classification head on a model`);
}
