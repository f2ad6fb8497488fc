/** The options of `distill` from its settings. */
import { nearest } from "../../common/nearest.ts";
import type { DistillOptions, SentenceFile, TeacherOptions } from "../../train.ts";
import { runOptionsOf, validationOf } from "../settings/run-settings.ts";
import { UsageError } from "../usage-error.ts";
import { weightedModelOf } from "../weighted-model.ts";
import type { Values } from "./settings.ts";

/** Keys of a teacher in a recipe. */
const teacherKeys = [
  "model",
  "weight",
  "pooling",
  "dtype",
  "truncateDim",
  "revision",
  "prompt",
  "promptName",
] as const satisfies readonly (keyof TeacherOptions)[];

/** @throws UsageError for settings that need others, and for a teacher that is no model */
export function distillOptions(values: Values): DistillOptions {
  const { out, student, teacher, sentences } = values;
  if (values["augment-rate"] !== undefined && values.augment === undefined) {
    throw new UsageError("--augment-rate needs --augment N, the number of variants");
  }
  const files = (paths: readonly string[]): SentenceFile[] =>
    paths.map((path) => ({ path, format: values["input-format"], field: values.field }));
  return {
    teachers: teacher.map((given) => teacherOf(given, values)),
    student: {
      model: student,
      layers: values.layers,
      pooling: values["student-pooling"],
      tokenizer: values["student-tokenizer"],
      keepDense: values["keep-dense"],
      localFilesOnly: values.offline,
    },
    dimension: values.dim,
    sentences: files(sentences),
    validation: validationOf(values.valid, files),
    maxCharacters: values["max-characters"],
    limit: values.limit,
    augmentation:
      values.augment === undefined ? undefined : { copies: values.augment, rate: values["augment-rate"] ?? 0.2 },
    fitSentences: values["fit-sentences"],
    loss: values.loss,
    ...runOptionsOf(values),
    epsilon: values.epsilon,
    correctBias: values["correct-bias"],
    out: out,
    saveProjectedTeacher: values["save-projected-teacher"],
    cacheFolder: values["cache-dir"],
    teacherCachePrecision: values["cache-precision"],
    teacherEmbeddings: values["teacher-embeddings"],
  };
}

function teacherOf(given: string | object, values: Values): TeacherOptions {
  const common = {
    pooling: values["teacher-pooling"],
    dtype: values["teacher-dtype"],
    localFilesOnly: values.offline,
  };
  if (typeof given === "string") return { ...common, ...weightedModelOf(given) };
  const unknown = Object.keys(given).find((key) => !(teacherKeys as readonly string[]).includes(key));
  if (unknown !== undefined) {
    throw new UsageError(`teacher: there is no key ${JSON.stringify(unknown)}${nearest(unknown, teacherKeys)}`);
  }
  if (!("model" in given) || typeof given.model !== "string") {
    throw new UsageError(`teacher: model should be a folder or hub id, got ${JSON.stringify(given)}`);
  }
  return { ...common, ...(given as TeacherOptions) };
}
