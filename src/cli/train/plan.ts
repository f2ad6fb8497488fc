/** The plan that `hpd train --dry-run` prints. */

import { counted, grouped } from "../../common/numbers.ts";
import type { TrainPlan } from "../../train.ts";
import { spaceText } from "../space-text.ts";
import { duration } from "../training-progress.ts";
import { datasetText } from "./dataset-text.ts";

export function planText(plan: TrainPlan): string {
  const { counts, datasets, seconds, disk } = plan;
  return [
    `rows         ${grouped(counts.train)} to train on, ${grouped(counts.validation)} held out, of ${grouped(counts.read)} read`,
    `left out     ${grouped(counts.empty)} with an empty text, ${grouped(counts.contradictory)} whose negative is none`,
    ...datasets.map((dataset) => datasetText(dataset, "columns      ", "dataset      ")),
    `model        ${weightsText(plan)}, ${outputText(plan)}`,
    ...(seconds.guide > 0 ? [`guide        ${duration(seconds.guide)}`] : []),
    `training     ${duration(seconds.training)}, ${counted(plan.totalSteps, "step")} at ${grouped(plan.trainRowsPerSecond)} rows/s`,
    `validation   ${duration(seconds.validation)}`,
    `in all       ${duration(seconds.guide + seconds.training + seconds.validation)} on this machine as busy as it is now`,
    `disk         while it runs ${spaceText(disk.work)}`,
    `             the new model ${spaceText(disk.out)}`,
  ].join("\n");
}

function outputText({ labels, dimension }: TrainPlan): string {
  if (labels === undefined) return `${dimension} dimensions`;
  return labels.length === 1 ? "a score for a pair" : `the labels ${labels.join(", ")}`;
}

/** The number of a model's weights, and of those that are trained. */
export function weightsText({ parameters, trained }: Pick<TrainPlan, "parameters" | "trained">): string {
  return `${grouped(parameters)} weights${trained === parameters ? "" : `, ${grouped(trained)} trained`}`;
}
