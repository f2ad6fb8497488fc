/** The options of `trainCrossEncoder` from the settings of `hpd train`. */
import { type CrossEncoderLoss, crossEncoderLosses, type TrainCrossEncoderOptions } from "../../train.ts";
import { UsageError } from "../usage-error.ts";
import { crossEncoderLossNames } from "./loss-settings.ts";
import { commonOptions, type LossValues, lossOptionsOf, wrapping } from "./options.ts";
import { crossEncoder, type Values } from "./settings.ts";

/** Settings of embedding models, and what cross-encoders have instead. */
const notOfCrossEncoders = {
  pooling: "a cross-encoder has a classification head instead",
  evaluator: "a cross-encoder is evaluated on the held-out rows, see --valid",
  tasks: "tasks need embeddings; the card shows the scores of the held-out rows",
} as const;

/** @throws UsageError for a setting or a loss of embedding models */
export function crossEncoderOptions(values: Values): TrainCrossEncoderOptions {
  for (const [name, because] of Object.entries(notOfCrossEncoders)) {
    if (values[name as keyof Values] === undefined) continue;
    throw new UsageError(`--${name} is for embedding models: ${because}`);
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
  if (values.losses !== undefined) throw new UsageError("losses is for embedding models: a cross-encoder has one loss");
  const around = wrapping.find((name) => values[name] !== undefined);
  if (around !== undefined) {
    throw new UsageError(`--${around} is for embedding models: scores have no dimensions or layers to truncate`);
  }
  const { loss = isClassifier ? "cross-entropy" : "binary-cross-entropy" } = values;
  if (!Object.hasOwn(makers, loss)) {
    throw new UsageError(
      `--loss ${loss} is for embedding models; cross-encoders have ${crossEncoderLossNames.join(", ")}`,
    );
  }
  return makers[loss as keyof typeof makers](lossOptionsOf(values));
}

/** Refuses settings of cross-encoders. @throws UsageError */
export function refuseCrossEncoderSettings(values: Values): void {
  const given = Object.keys(crossEncoder).find((name) => values[name as keyof Values] !== undefined);
  if (given === undefined) return;
  throw new UsageError(
    `--${given} is for cross-encoders: add --cross-encoder to put a classification head on the model`,
  );
}
