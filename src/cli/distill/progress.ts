/** The texts that show the progress of a distillation. */

import { counted, grouped } from "../../common/numbers.ts";
import type { DistillEvent, PreparedEvent } from "../../train.ts";
import type { ProgressTexts } from "../training-progress.ts";
import { settings } from "./settings.ts";

export const distillTexts: ProgressTexts<DistillEvent> = {
  stages: {
    read: "sentences read",
    augment: "sentences varied",
    fit: "teacher embeddings for the projection",
    align: "teacher embeddings brought into the student's space",
    targets: "targets computed",
  },
  summary,
  settings,
};

function summary({ counts, teacherDimension, dimension, explainedVariance, ...event }: PreparedEvent): string[] {
  const left = [counted(counts.duplicates, "duplicate"), `${grouped(counts.tooLong)} too long`];
  return [
    `${counted(counts.train, "sentence")} to train on, ${grouped(counts.validation)} held out (left out: ${left.join(", ")})`,
    `targets: ${teacherDimension} dimensions to ${dimension}, ${(100 * explainedVariance).toFixed(1)} % of the variance`,
    `student: ${grouped(event.parameters)} weights, ${counted(event.totalSteps, "step")}` +
      (event.resumedFrom > 0 ? `, ${grouped(event.resumedFrom)} of them done before` : ""),
  ];
}
