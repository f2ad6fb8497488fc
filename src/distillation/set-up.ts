/** Sets up a run or a plan: checks options and folders, and makes the student. */
import { homedir } from "node:os";
import { join } from "node:path";
import { requireReplaceable } from "../files/write-folder.ts";
import { createLearner } from "../training/learner/create-learner.ts";
import type { Learner } from "../training/learner/learner.ts";
import { embedWith } from "../training/loop/evaluator.ts";
import { weightedLoss } from "../training/losses/weighted-loss.ts";
import { requireMainThread } from "../training/run/checks.ts";
import { type OpenRun, openRun } from "../training/run/run.ts";
import { createStudent } from "../training/student/create-student.ts";
import type { Student } from "../training/student/student.ts";
import { type DistillOptions, identityOf, type Recipe, recipeOf } from "./options.ts";
import { requireProjectable } from "./save-projected-teacher.ts";
import type { PrepareTargetsOptions } from "./targets/prepare-targets.ts";
import { pieceSize } from "./teacher/pieces.ts";

export interface Setup extends OpenRun {
  readonly recipe: Recipe;
  readonly student: Student;
  readonly preparation: PrepareTargetsOptions;
}

/** @throws HpdError for invalid options, folders or students */
export async function setUp(options: DistillOptions): Promise<Setup> {
  requireMainThread("distill");
  const recipe = recipeOf(options);
  const { signal, onEvent, saveProjectedTeacher: teacher } = options;
  const models = teacher === undefined ? [] : [teacher];
  const { identity, work } = await openRun(options, identityOf(recipe), recipe.keepBest, models);
  if (teacher !== undefined) {
    await requireProjectable(recipe.teachers);
    await requireReplaceable(teacher, work.mayReplace);
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
    teacherEmbeddings: options.teacherEmbeddings,
    ...(recipe.student.keepDense && { embedStudent: (texts) => embedStudent({ student, recipe }, texts, signal) }),
    workFolder: work.path,
    signal,
    onProgress: (stage, done, total) => onEvent?.({ type: "prepare", stage, done, total }),
    onWarning,
  };
  return { recipe, identity, work, student, preparation };
}

/** The student's embeddings before training, by one thread: their last bits don't depend on how many train. */
async function embedStudent(
  setup: Pick<Setup, "student" | "recipe">,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const { student, recipe } = setup;
  const learner = await learnerOf(setup, 1);
  try {
    const embed = embedWith(learner, student, recipe.batchSize);
    const all = new Float32Array(texts.length * learner.dimension);
    for (let start = 0; start < texts.length; start += pieceSize) {
      signal?.throwIfAborted();
      all.set((await embed(texts.slice(start, start + pieceSize))).data, start * learner.dimension);
    }
    return all;
  } finally {
    await learner.dispose();
  }
}

export function learnerOf(
  { student, recipe }: Pick<Setup, "student" | "recipe">,
  threads: number | undefined,
): Promise<Learner> {
  return createLearner({
    modules: student.modules,
    padId: student.tokenizer.padId,
    objectives: [{ loss: weightedLoss(recipe.loss), columns: 1 }],
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
