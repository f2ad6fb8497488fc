/** From settings to the options of `distill`. */
import { existsSync } from "node:fs";
import { nearest } from "../../common/nearest.ts";
import type { DistillOptions, SentenceFile, TeacherOptions } from "../../train.ts";
import { UsageError } from "../command.ts";
import { runOptionsOf, validationOf } from "../settings/run-settings.ts";
import type { Values } from "./settings.ts";

/** What a teacher in a recipe may say of itself. */
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

/** @throws UsageError where something is missing */
export function distillOptions(values: Values): DistillOptions {
  const { out, student, teacher, sentences } = values;
  for (const [name, value] of Object.entries({ teacher, student, sentences, out })) {
    if (value === undefined)
      throw new UsageError(`--${name} is missing: a run needs teacher, student, sentences and out`);
  }
  if (values["augment-rate"] !== undefined && values.augment === undefined) {
    throw new UsageError("--augment-rate needs --augment, which says how many variants to make");
  }
  const files = (paths: readonly string[]): SentenceFile[] =>
    paths.map((path) => ({ path, format: values["input-format"], field: values.field }));
  return {
    teachers: teacher!.map((given) => teacherOf(given, values)),
    student: {
      model: student!,
      layers: values.layers,
      pooling: values["student-pooling"],
      tokenizer: values["student-tokenizer"],
      keepDense: values["keep-dense"],
      localFilesOnly: values.offline,
    },
    dimension: values.dim,
    sentences: files(sentences!),
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
    out: out!,
    saveProjectedTeacher: values["save-projected-teacher"],
    cacheFolder: values["cache-dir"],
    teacherCachePrecision: values["cache-precision"],
  };
}

function teacherOf(given: string | object, values: Values): TeacherOptions {
  const common = {
    pooling: values["teacher-pooling"],
    dtype: values["teacher-dtype"],
    localFilesOnly: values.offline,
  };
  if (typeof given === "string") {
    // A folder such as `runs/lr=3` is no weight of another.
    if (existsSync(given)) return { ...common, model: given };
    const [, model, weight] = /^(.*?)(?:=(\d+(?:\.\d+)?))?$/.exec(given)!;
    return { ...common, model: model!, ...(weight !== undefined && { weight: Number(weight) }) };
  }
  const unknown = Object.keys(given).find((key) => !(teacherKeys as readonly string[]).includes(key));
  if (unknown !== undefined) {
    throw new UsageError(`a teacher has no ${JSON.stringify(unknown)}${nearest(unknown, teacherKeys)}`);
  }
  if (!("model" in given) || typeof given.model !== "string") {
    throw new UsageError(`a teacher should say which model it is, got ${JSON.stringify(given)}`);
  }
  return { ...common, ...(given as TeacherOptions) };
}
