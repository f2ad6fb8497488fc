/** The settings of `hpd distill`. */
import { inputFormats } from "../../texts/open-texts.ts";
import { submitAbout, submitSettings } from "../queue/settings.ts";
import { dtypes, loadPoolings, poolings } from "../settings/choices.ts";
import {
  modelOutputSettings,
  optimizationSettings,
  runSettings,
  taskDataSetting,
  workSettings,
} from "../settings/run-settings.ts";
import {
  nonNegativeInteger,
  positiveInteger,
  type Sections,
  type TableOf,
  tableOf,
  type ValuesOf,
} from "../settings/table.ts";

export const sections = {
  Models: {
    settings: {
      teacher: {
        kind: "teachers",
        value: "NAME",
        required: true,
        help: "model folder or hub id of a teacher; NAME=WEIGHT sets its weight among several",
      },
      "teacher-pooling": {
        kind: "text",
        value: "MODE",
        choices: loadPoolings,
        help: "pooling of teachers without modules.json, such as SimCSE's: pooler",
      },
      "teacher-dtype": {
        kind: "text",
        value: "T",
        choices: dtypes,
        help: "arithmetic of teachers; int8 is faster",
        defaultsTo: "fp32",
      },
      student: {
        kind: "text",
        value: "NAME",
        required: true,
        help:
          "model folder or hub id from which the student starts, also a static model; or a config.json, for random " +
          "initial weights",
      },
      layers: {
        kind: "integers",
        value: "1,3,5",
        help: "layers of the student to keep, counted from 0",
        defaultsTo: "all",
      },
      "student-pooling": {
        kind: "text",
        value: "MODE",
        choices: poolings,
        help: "pooling of a student that has none",
        defaultsTo: "mean",
      },
      "student-tokenizer": {
        kind: "text",
        value: "NAME",
        help: "model with the tokenizer, if the student is a config.json",
      },
      "keep-dense": {
        kind: "switch",
        help: "go on with a student that was distilled before: start from its own Dense module, and turn the targets to its space",
      },
      dim: { kind: "integer", value: "N", help: "dimensions of the new model", defaultsTo: "128" },
      offline: { kind: "switch", help: "use only the hub's cache, without network" },
    },
  },
  Sentences: {
    settings: {
      sentences: {
        kind: "texts",
        value: "FILE",
        required: true,
        help: "training sentences: text, JSONL, JSON, CSV, TSV or Parquet, also .gz or .zst; AllNLI.tsv.gz as published",
      },
      field: { kind: "text", value: "NAME", help: "field or column with the sentence", defaultsTo: "text" },
      "input-format": {
        kind: "text",
        value: "FORMAT",
        choices: inputFormats,
        help: "format, if the extension doesn't tell",
      },
      valid: {
        kind: "texts",
        value: "N|FILE",
        help: "number of sentences to hold out, or files of them",
        defaultsTo: "5000",
      },
      "max-characters": { kind: "integer", value: "N", help: "leave out longer sentences", defaultsTo: "256" },
      limit: { kind: "integer", value: "N", help: "train on N random sentences", defaultsTo: "all" },
      augment: { kind: "integer", value: "N", help: "add N variants of each sentence, with synonyms from WordNet" },
      "augment-rate": {
        kind: "number",
        value: "R",
        help: "fraction of the words to replace in variants",
        defaultsTo: "0.2",
      },
      "fit-sentences": { kind: "integer", value: "N", help: "sentences to fit the projection to", defaultsTo: "40000" },
    },
  },
  Training: {
    settings: {
      loss: {
        kind: "weights",
        value: "NAMES",
        help: "mse, cosine, similarity, or a weighted sum such as mse=1,similarity=0.5",
        defaultsTo: "mse",
      },
      ...optimizationSettings({
        items: "sentences",
        epochs: "10",
        batchSize: "64",
        learningRate: "1e-4",
        warmup: "1000",
        validationSteps: "500",
      }),
      epsilon: { kind: "number", value: "R", help: "epsilon of AdamW", defaultsTo: "1e-6" },
      "correct-bias": { kind: "switch", help: "use AdamW's bias correction, which the paper's code omits" },
    },
  },
  Output: {
    settings: {
      ...modelOutputSettings,
      "save-projected-teacher": {
        kind: "text",
        value: "FOLDER",
        help: "also write the teacher with the projection: a model of the student's vector space",
      },
      data: taskDataSetting,
      "cache-dir": {
        kind: "text",
        value: "FOLDER",
        help: "teacher embeddings, shared by all runs",
        defaultsTo: "HPD_CACHE of the environment, or ~/.cache/hpd",
      },
      "cache-precision": {
        kind: "text",
        value: "P",
        choices: ["float16", "float32"],
        help: "element type of teacher embeddings",
        defaultsTo: "float16",
      },
      ...workSettings("one per core, at most 8, fewer for a large student"),
    },
  },
  "Many machines": {
    about:
      "The embeddings of teachers are most of the cost of a distillation. With --shards each run makes those " +
      "that are missing, or the one that --shard names, and trains nothing; without, all are taken and the student trains. The weights are those of one machine alone, byte for byte.",
    settings: {
      "teacher-embeddings": {
        kind: "text",
        value: "FOLDER",
        flagOnly: true,
        help: "folder or s3://bucket/path of the embeddings that shards make",
      },
      shards: { ...positiveInteger, flagOnly: true, help: "divide the embeddings into N shards" },
      shard: {
        ...nonNegativeInteger,
        value: "I",
        flagOnly: true,
        help: "make only this one, counted from 0",
        defaultsTo: "JOB_COMPLETION_INDEX of Kubernetes, SLURM_ARRAY_TASK_ID of Slurm, or all that are missing",
      },
    },
  },
  "A queue": { about: submitAbout, settings: submitSettings },
  Run: { settings: runSettings },
} as const satisfies Sections;

export const settings = tableOf(sections);

export type Values = ValuesOf<TableOf<typeof sections>>;
