/** The plan that `--dry-run` prints. */

import { counted, grouped } from "../../common/numbers.ts";
import type { DistillPlan } from "../../train.ts";
import { spaceText } from "../space-text.ts";
import { duration } from "../training-progress.ts";

export function planText(plan: DistillPlan): string {
  const { counts, seconds, disk } = plan;
  const teacher =
    plan.teacherSentencesPerSecond === undefined
      ? "nothing to do: all embeddings are in the cache"
      : `${duration(seconds.teacher)}, ${counted(plan.missingEmbeddings, "sentence")} at ${grouped(plan.teacherSentencesPerSecond)}/s`;
  const total = seconds.teacher + seconds.training + seconds.validation;
  return [
    `sentences    ${grouped(counts.train)} to train on, ${grouped(counts.validation)} held out, of ${grouped(counts.read)} read`,
    `targets      ${plan.teacherDimension} dimensions to ${plan.dimension}`,
    `student      ${grouped(plan.parameters)} weights`,
    `teacher      ${teacher}`,
    `training     ${duration(seconds.training)}, ${counted(plan.totalSteps, "step")} at ${grouped(plan.trainSentencesPerSecond)} sentences/s`,
    `validation   ${duration(seconds.validation)}`,
    `in all       ${duration(total)} on this machine as busy as it is now`,
    `disk         teacher embeddings ${spaceText(disk.teacherCache)}`,
    `             while it runs ${spaceText(disk.work)}`,
    `             the new model ${spaceText(disk.out)}`,
  ].join("\n");
}
