/** The settings of `hpd distill`. */
import { inputFormats } from "../../texts/open-texts.ts";
import { poolings } from "../settings/choices.ts";
import { runSettings } from "../settings/run-settings.ts";
import { type Setting, settingsHelp, type ValuesOf } from "../settings/table.ts";

const models = {
  teacher: {
    kind: "teachers",
    value: "NAME",
    help: "a model folder or hub id; several with --teacher again; NAME=WEIGHT for its weight among them",
  },
  "teacher-pooling": {
    kind: "text",
    choices: [...poolings, "pooler"],
    help: "of teachers without modules.json; SimCSE: pooler",
  },
  "teacher-dtype": {
    kind: "text",
    choices: ["fp32", "int8"],
    help: "arithmetic of teachers (default: fp32; int8 is faster)",
  },
  student: {
    kind: "text",
    value: "NAME",
    help: "a model folder or hub id to start from, static models too; or a config.json, whose weights are drawn",
  },
  layers: { kind: "integers", value: "1,3,5", help: "keep only these layers of the student, counted from 0" },
  "student-pooling": { kind: "text", choices: poolings, help: "where it has none (default: mean)" },
  "student-tokenizer": { kind: "text", value: "NAME", help: "whose tokenizer, where the student is a config.json" },
  "keep-dense": { kind: "switch", help: "start from the student's own Dense instead of a new one" },
  dim: { kind: "integer", value: "N", help: "dimensions of the new model (default: 128)" },
  offline: { kind: "switch", help: "models from the hub's cache alone" },
} as const satisfies Record<string, Setting>;

const sentences = {
  sentences: {
    kind: "texts",
    value: "FILE",
    help: "text, JSONL, JSON, CSV, TSV or Parquet, .gz too; AllNLI.tsv.gz as it is; several with --sentences again",
  },
  field: { kind: "text", value: "NAME", help: "field or column of all but text (default: text)" },
  "input-format": { kind: "text", choices: inputFormats, help: "instead of what the file's name says" },
  valid: { kind: "texts", value: "N|FILE", help: "sentences to hold out, or files of them (default: 5000)" },
  "max-characters": { kind: "integer", value: "N", help: "leave out longer sentences (default: 256)" },
  limit: { kind: "integer", value: "N", help: "train on so many of them, drawn by the seed (default: all)" },
  augment: { kind: "integer", value: "N", help: "add so many variants of each, with synonyms of WordNet" },
  "augment-rate": { kind: "number", value: "R", help: "part of the words that is replaced (default: 0.2)" },
  "fit-sentences": { kind: "integer", value: "N", help: "sentences to fit the projection to (default: 40000)" },
} as const satisfies Record<string, Setting>;

const training = {
  loss: {
    kind: "weights",
    value: "NAMES",
    help: "mse, cosine, similarity, or a sum such as mse=1,similarity=0.5 (default: mse)",
  },
  epochs: { kind: "number", value: "N", help: "passes over the sentences (default: 10)" },
  "max-steps": runSettings["max-steps"],
  "max-samples": { kind: "integer", value: "N", help: "sentences at most, those of later epochs counted again" },
  "batch-size": { kind: "integer", value: "N", help: "sentences of a batch (default: 64)" },
  "accumulation-steps": runSettings["accumulation-steps"],
  "learning-rate": { kind: "number", value: "R", help: "(default: 1e-4)" },
  schedule: runSettings.schedule,
  warmup: { kind: "integer", value: "N", help: "updates until the learning rate is reached (default: 1000)" },
  "weight-decay": runSettings["weight-decay"],
  epsilon: { kind: "number", value: "R", help: "of AdamW (default: 1e-6)" },
  "correct-bias": { kind: "switch", help: "AdamW's bias correction, which the reference leaves out" },
  "max-gradient-norm": runSettings["max-gradient-norm"],
  dropout: { kind: "number", value: "R", help: "ratio of dropout in the student while it learns (default: 0.1)" },
  seed: runSettings.seed,
  "validation-steps": { kind: "integer", value: "N", help: "updates between two validations (default: 500)" },
  evaluator: runSettings.evaluator,
  patience: runSettings.patience,
} as const satisfies Record<string, Setting>;

const output = {
  out: runSettings.out,
  "weights-dtype": runSettings["weights-dtype"],
  "save-projected-teacher": {
    kind: "text",
    value: "FOLDER",
    help: "also write the teacher in the student's space: a model that is queried with the student's vectors",
  },
  tasks: runSettings.tasks,
  data: { kind: "text", value: "FOLDER", help: "where the data of tasks lies (default: $HPD_DATA)" },
  "work-dir": runSettings["work-dir"],
  "cache-dir": {
    kind: "text",
    value: "FOLDER",
    help: "teacher embeddings, shared by all runs (default: $HPD_CACHE or ~/.cache/hpd)",
  },
  "cache-precision": {
    kind: "text",
    choices: ["float16", "float32"],
    help: "of teacher embeddings (default: float16)",
  },
  "checkpoint-minutes": runSettings["checkpoint-minutes"],
  threads: { kind: "integer", value: "N", help: "(default: one for each core, at most 8, fewer for a large student)" },
} as const satisfies Record<string, Setting>;

export const settings = { ...models, ...sentences, ...training, ...output };

/** What was said, by flags or a recipe. */
export type Values = ValuesOf<typeof settings>;

/** The lines of `--help` about them. */
export const help = settingsHelp({
  "Models:": models,
  "Sentences:": sentences,
  "Training:": training,
  "Output:": output,
});
