/** What a run and its plan begin with: options checked, places looked at, the student made. */
import { homedir } from "node:os";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { isMainThread } from "node:worker_threads";
import { HpdError } from "../errors.ts";
import { requireReplaceable } from "../files/write-folder.ts";
import { elementCount } from "../tensor/tensor.ts";
import { createLearner } from "../training/learner/create-learner.ts";
import type { Learner } from "../training/learner/learner.ts";
import { runLength } from "../training/loop/run-length.ts";
import { weightedLoss } from "../training/losses/weighted-loss.ts";
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
  if (!isMainThread) {
    // Its threads would end with this one at once, which aborts the process: see `runtime/node/process-session.ts`.
    throw new HpdError(
      "unsupported",
      "distill has threads of its own and leaves the event loop free: call it in the main thread of a process",
    );
  }
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

/** A model takes the place of all that its folder holds, so nothing else of a run may lie in it. */
function requireApart(models: readonly string[], work: string): void {
  for (const [index, model] of models.entries()) {
    for (const other of [work, ...models.toSpliced(index, 1)]) {
      const way = relative(resolve(model), resolve(other));
      if (isAbsolute(way) || way.split(sep)[0] === "..") continue;
      throw new HpdError("invalid_argument", `${other} can't lie in ${model}, the folder of a model: name another`);
    }
  }
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

/** Weights that are trained. */
export function parameterCount({ parameters }: Student): number {
  return [...parameters.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
}

/** Updates of the run. Warns where all of them are warm-up. @param sentences to train on */
export function totalStepsOf({ recipe, preparation }: Setup, sentences: number): number {
  const { warmupSteps, learningRate } = recipe;
  const { totalSteps } = runLength(recipe, sentences);
  if (warmupSteps >= totalSteps) {
    preparation.onWarning?.(
      `the warm-up of ${warmupSteps} steps lasts for the whole run of ${totalSteps}: the learning rate ` +
        `${learningRate} is never reached. Set \`warmupSteps\` to less than that, such as ` +
        `${Math.floor(totalSteps / 10)}, a tenth of the run.`,
    );
  }
  return totalSteps;
}

function defaultCacheFolder(): string {
  const { HPD_CACHE, XDG_CACHE_HOME } = process.env;
  return HPD_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "hpd");
}
