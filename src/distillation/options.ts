/** The options of `distill` and what they are where nothing is said: mostly the reference implementation's. */
import { requireOptionalOneOf, requirePositive, requirePositiveInteger } from "../common/arguments.ts";
import type { Optional } from "../common/optional.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import { HpdError } from "../errors.ts";
import { type LossWeights, weightedLoss } from "../training/losses/weighted-loss.ts";
import { type LoopRecipe, loopOptionTypes } from "../training/run/loop-recipe.ts";
import { checkRun, givenOf, type RunOptions, runOptionTypes } from "../training/run/run-options.ts";
import type { StudentOptions } from "../training/student/create-student.ts";
import { type AugmentationOptions, augmentationOptions } from "./augmentation/options.ts";
import { type SentenceFile, sentenceFile } from "./corpus/corpus-options.ts";
import type { DistillEvent } from "./events.ts";
import { type TeacherCachePrecision, type TeacherOptions, teacherOptions } from "./teacher/teacher-options.ts";

export type StudentSource = Omit<StudentOptions, "dimension" | "seed" | "signal" | "onProgress" | "onWarning">;

/** The options that decide which weights result. A resumed run must have the same. */
export interface Recipe extends LoopRecipe {
  /** Several teach together: see `TeacherOptions.weight`. */
  readonly teachers: readonly TeacherOptions[];
  /** The student before training: see `StudentOptions`. */
  readonly student: StudentSource;
  /** Dimension of the student's embeddings. Default 128. */
  readonly dimension: number;

  readonly sentences: readonly SentenceFile[];
  /** Sentences to hold out, or files of them. Default 5000. */
  readonly validation: number | readonly SentenceFile[];
  /** Longer sentences are left out. Default 256. */
  readonly maxCharacters: number;
  /** Maximum number of sentences to train on. */
  readonly limit: number | undefined;
  readonly augmentation: AugmentationOptions | undefined;
  /** Number of teacher embeddings that the projection is fitted to. Default 40,000. */
  readonly fitSentences: number;
  /** Element type of the cached teacher embeddings. Default `float16`. */
  readonly teacherCachePrecision: TeacherCachePrecision;

  /** Weights of a sum of losses. Default `{ mse: 1 }`. */
  readonly loss: LossWeights;
  /** Epsilon of AdamW, whose betas are 0.9 and 0.999. Default 1e-6. */
  readonly epsilon: number;
  /** AdamW's bias correction. Default false, as in the reference. */
  readonly correctBias: boolean;
  /** Updates of linear warm-up. Default 1000. */
  readonly warmupSteps: number;
  /** Updates between validations. Default 500. */
  readonly validationSteps: number;
}

/** The options of a run that don't decide which weights result. */
export interface DistillRunOptions extends RunOptions<DistillEvent> {
  /**
   * Folder for the teacher with the projection behind it, a model in the student's space. Default: it isn't written.
   */
  readonly saveProjectedTeacher: string | undefined;
  /** Teacher embeddings, shared by all runs. Default: `HPD_CACHE`, else `hpd` in `XDG_CACHE_HOME` or `~/.cache`. */
  readonly cacheFolder: string;
  /**
   * Folder with the embeddings that shards made (`openTeacherWork`), a path or `s3://`: all are brought into the cache
   * before the run. Default: none, this machine makes what the cache lacks.
   */
  readonly teacherEmbeddings: string | undefined;
}

export type DistillOptions = Pick<Recipe, "teachers" | "student" | "sentences"> &
  Pick<DistillRunOptions, "out"> &
  Optional<Recipe> &
  Optional<DistillRunOptions>;

const studentSource: OptionTable<StudentSource> = {
  model: "string",
  tokenizer: "string",
  layers: "any",
  pooling: "string",
  keepDense: "boolean",
  revision: "string",
  token: "string",
  cacheFolder: "string",
  localFilesOnly: "boolean",
};

const distillOptions: OptionTable<DistillOptions> = {
  teachers: [teacherOptions],
  student: studentSource,
  dimension: "number",
  sentences: [sentenceFile],
  validation: "any",
  maxCharacters: "number",
  limit: "number",
  augmentation: augmentationOptions,
  fitSentences: "number",
  teacherCachePrecision: "string",
  loss: "any",
  ...loopOptionTypes,
  epsilon: "number",
  correctBias: "boolean",
  ...runOptionTypes,
  saveProjectedTeacher: "string",
  cacheFolder: "string",
  teacherEmbeddings: "string",
};

const recipeDefaults = {
  dimension: 128,
  validation: 5000,
  maxCharacters: 256,
  limit: undefined,
  augmentation: undefined,
  fitSentences: 40_000,
  teacherCachePrecision: "float16",
  loss: { mse: 1 },
  epochs: 10,
  maxSteps: undefined,
  maxSamples: undefined,
  batchSize: 64,
  accumulationSteps: 1,
  learningRate: 1e-4,
  schedule: "linear",
  warmupSteps: 1000,
  weightDecay: 0.01,
  epsilon: 1e-6,
  correctBias: false,
  maxGradientNorm: 1,
  dropout: 0.1,
  seed: 42,
  validationSteps: 500,
  patience: undefined,
} as const satisfies Partial<Recipe>;

/** @throws HpdError `invalid_argument` for an invalid option. Whatever depends on files and models is checked later. */
export function recipeOf(options: DistillOptions): Recipe {
  checkedOptions("distill", options, distillOptions);
  const missing = (["teachers", "student", "sentences", "out"] as const).find((name) => options[name] === undefined);
  if (missing !== undefined) throw new HpdError("invalid_argument", `distill: ${missing} is missing`);
  const { teachers, student, sentences, evaluator } = options;
  const recipe: Recipe = {
    ...recipeDefaults,
    keepBest: evaluator === undefined ? "loss" : "score",
    ...givenOf<DistillOptions, Recipe>(options, recipeDefaults),
    teachers,
    student,
    sentences,
  };
  weightedLoss(recipe.loss);
  requireOptionalOneOf("teacherCachePrecision", recipe.teacherCachePrecision, ["float16", "float32"]);
  checkRun(recipe, options);
  checkNumbers(recipe);
  return recipe;
}

function checkNumbers(recipe: Recipe): void {
  for (const key of ["dimension", "maxCharacters", "limit", "fitSentences"] as const) {
    if (recipe[key] !== undefined) requirePositiveInteger(key, recipe[key]);
  }
  // Without any there is no loss to choose the best state by.
  if (typeof recipe.validation === "number") {
    requirePositiveInteger("validation", recipe.validation);
  } else {
    checkedOptions("distill", { validation: recipe.validation }, { validation: [sentenceFile] });
  }
  requirePositive("epsilon", recipe.epsilon);
}

/** The options that a resumed run must repeat, as JSON. How models are downloaded is not among them. */
export function identityOf(recipe: Recipe): object {
  const { token: _, cacheFolder: _cache, localFilesOnly: _local, ...student } = recipe.student;
  const teachers = recipe.teachers.map(
    ({ token: _, cacheFolder: _cache, localFilesOnly: _local, workers: _workers, ...teacher }) => teacher,
  );
  return { ...recipe, teachers, student };
}
