/** What is left of a run: the student with its card, and the projected teacher where it was asked for. */
import { readFile } from "node:fs/promises";
import { modelCard } from "../card/model-card.ts";
import { readOrigins } from "../card/origins.ts";
import type { Learner } from "../learner/learner.ts";
import { embedWith } from "../loop/evaluator.ts";
import type { LoopState } from "../loop/loop-state.ts";
import { saveProjectedTeacher, saveStudent } from "../student/save-model.ts";
import type { Targets } from "../targets/prepare-targets.ts";
import type { PreparedEvent } from "./events.ts";
import type { DistillOptions } from "./options.ts";
import type { RunRecord } from "./run-record.ts";
import type { Setup } from "./set-up.ts";

export interface Result {
  /** Of the model. */
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
  { out, precision, saveProjectedTeacher: teacherFolder, evaluator, measure, signal }: DistillOptions,
  { name, setup, targets, prepared, learner, end, record }: Result,
): Promise<void> {
  const { recipe, student, work } = setup;
  const saving = { dtype: precision === "fp16" ? "float16" : "float32", overwrite: work.mayReplace } as const;
  const card = modelCard({
    name,
    recipe,
    origins: await readOrigins(recipe, signal),
    prepared,
    maxSeqLength: student.tokenizer.maxLength,
    training: {
      steps: end.step,
      samples: end.samples,
      seconds: end.seconds,
      validations: record.curves.validations,
      best: end.best!,
      scoreName: evaluator?.name,
    },
    scores: (await measure?.(embedWith(learner, student.tokenizer, recipe.batchSize))) ?? [],
    version: await packageVersion(),
  });
  if (teacherFolder !== undefined) {
    await saveProjectedTeacher(recipe.teachers, targets.projection, teacherFolder, saving);
  }
  const trained = student.withParameters(await learner.parameters());
  await saveStudent(trained, out, { ...saving, modelCard: card, projection: targets.projection });
}

async function packageVersion(): Promise<string> {
  // As far up from src/ as from dist/.
  return JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8")).version;
}
