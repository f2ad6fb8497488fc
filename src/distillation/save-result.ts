/** Saves the result of a run: the student with its card, and the projected teacher if requested. */

import { packageVersion } from "../common/package-version.ts";
import { trainingSummary } from "../publishing/card/model-card.ts";
import { saveStudent } from "../publishing/save-model.ts";
import type { Learner } from "../training/learner/learner.ts";
import { embedWith, rolesOf } from "../training/loop/evaluator.ts";
import type { LoopState } from "../training/loop/loop-state.ts";
import type { RunRecord } from "../training/run/run-record.ts";
import { distillationCard, readOrigins } from "./card.ts";
import type { PreparedEvent } from "./events.ts";
import type { DistillOptions } from "./options.ts";
import { encodeProjection } from "./projection/projection-file.ts";
import { saveProjectedTeacher } from "./save-projected-teacher.ts";
import type { Setup } from "./set-up.ts";
import type { Targets } from "./targets/prepare-targets.ts";

export interface Result {
  /** Name of the model. */
  readonly name: string;
  readonly setup: Setup;
  readonly targets: Targets;
  readonly prepared: PreparedEvent;
  /** Holds the state to be saved. */
  readonly learner: Learner;
  readonly end: LoopState;
  readonly record: RunRecord;
}

/** @throws HpdError where a folder can't be written or replaced */
export async function saveResult(
  { out, weightsDtype, saveProjectedTeacher: teacherFolder, evaluator, measure, signal }: DistillOptions,
  { name, setup, targets, prepared, learner, end, record }: Result,
): Promise<void> {
  const { recipe, student, work } = setup;
  const saving = { weightsDtype, overwrite: work.mayReplace };
  const card = distillationCard({
    name,
    recipe,
    origins: await readOrigins(recipe, signal),
    prepared,
    maxSeqLength: student.maxSeqLength,
    training: trainingSummary(end, record.curves.validations, evaluator?.name, "sentences"),
    scores: (await measure?.(embedWith(learner, student, recipe.batchSize), rolesOf(student))) ?? [],
    version: packageVersion,
  });
  if (teacherFolder !== undefined) {
    await saveProjectedTeacher(recipe.teachers, targets.projection, teacherFolder, saving);
  }
  const others = { "projection.safetensors": encodeProjection(targets.projection) };
  const trained = student.withParameters(await learner.parameters());
  await saveStudent(trained, out, { ...saving, modelCard: card, others });
}
