/** What a run and its plan begin with: options checked, places looked at, the student made. */
import { homedir } from "node:os";
import { join } from "node:path";
import { requireReplaceable } from "../files/write-folder.ts";
import { createLearner } from "../training/learner/create-learner.ts";
import type { Learner } from "../training/learner/learner.ts";
import { weightedLoss } from "../training/losses/weighted-loss.ts";
import { requireApart, requireMainThread } from "../training/run/checks.ts";
import { WorkFolder } from "../training/run/work-folder.ts";
import { createStudent } from "../training/student/create-student.ts";
import type { Student } from "../training/student/student.ts";
import { type DistillOptions, identityOf, type Recipe, recipeOf } from "./options.ts";
import { requireProjectable } from "./save-projected-teacher.ts";
import type { PrepareTargetsOptions } from "./targets/prepare-targets.ts";

export interface Setup {
  readonly recipe: Recipe;
  /** What must be the same for a run to be resumed. */
  readonly identity: object;
  readonly work: WorkFolder;
  readonly student: Student;
  readonly preparation: PrepareTargetsOptions;
}

/** @throws HpdError where options, places or the student can't do */
export async function setUp(options: DistillOptions): Promise<Setup> {
  requireMainThread("distill");
  const recipe = recipeOf(options);
  const { out, signal, onEvent } = options;
  const identity = {
    ...identityOf(recipe),
    // Scores of another one say nothing of which state is the best so far.
    ...(recipe.keepBest === "score" && { evaluator: options.evaluator?.name }),
  };
  const folders = {
    out,
    work: options.workFolder ?? `${out}.training`,
    resume: options.resume ?? false,
    overwrite: options.overwrite ?? false,
  };
  requireApart(
    [out, options.saveProjectedTeacher].filter((folder) => folder !== undefined),
    folders.work,
  );
  const work = await WorkFolder.open(folders, identity);
  if (options.saveProjectedTeacher !== undefined) {
    await requireProjectable(recipe.teachers);
    await requireReplaceable(options.saveProjectedTeacher, work.mayReplace);
  }
  const onWarning = (message: string): void => onEvent?.({ type: "warning", message });
  const student = await createStudent({
    ...recipe.student,
    dimension: recipe.dimension,
    seed: recipe.seed,
    onWarning,
    ...(signal && { signal }),
  });
  const preparation: PrepareTargetsOptions = {
    ...recipe,
    teacherCache: join(options.cacheFolder ?? defaultCacheFolder(), "teachers"),
    workFolder: work.path,
    signal,
    onProgress: (stage, done, total) => onEvent?.({ type: "prepare", stage, done, total }),
    onWarning,
  };
  return { recipe, identity, work, student, preparation };
}

export function learnerOf({ student, recipe }: Setup, threads: number | undefined): Promise<Learner> {
  return createLearner({
    modules: student.modules,
    parameters: student.parameters,
    padId: student.tokenizer.padId,
    loss: weightedLoss(recipe.loss),
    optimizer: { ...recipe, beta1: 0.9, beta2: 0.999 },
    maxGradientNorm: recipe.maxGradientNorm,
    dropout: recipe.dropout,
    seed: recipe.seed,
    ...(threads !== undefined && { threads }),
  });
}

function defaultCacheFolder(): string {
  const { HPD_CACHE, XDG_CACHE_HOME } = process.env;
  return HPD_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "hpd");
}
