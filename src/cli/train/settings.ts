/** The settings of `hpd train`. */
import { rowFormats } from "../../texts/open-rows.ts";
import { poolings } from "../settings/choices.ts";
import {
  modelOutputSettings,
  optimizationSettings,
  runSettings,
  taskDataSetting,
  workSettings,
} from "../settings/run-settings.ts";
import { type Sections, type SettingTable, type TableOf, tableOf, type ValuesOf } from "../settings/table.ts";
import { lossSettings, lossSum, lossTerms, lossWeight } from "./loss-settings.ts";

/** Settings of cross-encoders only. */
export const crossEncoder = {
  "cross-encoder": {
    kind: "switch",
    help: "put a new classification head on a model that has none; a model that is a cross-encoder needs no flag",
  },
  "num-labels": { kind: "integer", value: "N", help: "number of scores of a new head", defaultsTo: "1" },
  labels: {
    kind: "texts",
    value: "A,B,C",
    help: "names of the classes, which rows may use as labels; the head has as many scores",
  },
} as const satisfies SettingTable;

const rows = {
  data: {
    kind: "texts",
    value: "FILE",
    help:
      "rows in JSONL, CSV, TSV, Parquet or JSON, also .gz or .zst. A field that holds a list of texts, such as texts, is a group: " +
      "each is a positive of the others",
  },
  "input-format": { kind: "text", value: "FORMAT", choices: rowFormats, help: "format, if the extension doesn't tell" },
  columns: {
    kind: "texts",
    value: "A,B",
    help: "fields with the texts, in the order that the loss takes",
    defaultsTo: "by name, such as anchor, positive",
  },
  label: { kind: "text", value: "NAME", help: "field with the score or label", defaultsTo: "by name" },
  valid: {
    kind: "texts",
    value: "N|FILE",
    help: "number of rows to hold out, or files of them",
    defaultsTo: "a tenth, at most 1000",
  },
} as const satisfies SettingTable;

const prompts = {
  prompts: {
    kind: "named",
    value: "COLUMN=TEXT",
    help: "text to prepend to the texts of a column; without COLUMN= to all texts",
  },
  "prompt-names": { kind: "named", value: "COLUMN=NAME", help: "the same, by the names of the model's prompts" },
} as const satisfies SettingTable;

const batchSize = {
  kind: "integer",
  value: "N",
  help: "rows per batch; more rows give more negatives, at the same memory",
  defaultsTo: "32",
} as const;

/** Settings of each of several datasets in a recipe. Loss and batch size default to those of the recipe. */
const datasetSettings = {
  name: { kind: "text", help: "name of the dataset" },
  ...rows,
  ...prompts,
  ...lossSettings,
  ...lossSum,
  weight: lossWeight,
  "batch-size": batchSize,
} as const satisfies SettingTable;

export type DatasetValues = ValuesOf<typeof datasetSettings>;

export const sections = {
  Model: {
    settings: {
      model: {
        kind: "text",
        value: "NAME",
        required: true,
        help: "model folder or hub id to train, also a static model",
      },
      pooling: {
        kind: "text",
        value: "MODE",
        choices: poolings,
        help: "pooling of a model that has none",
        defaultsTo: "mean",
      },
      offline: { kind: "switch", help: "use only the hub's cache, without network" },
    },
  },
  Data: { settings: { ...rows, ...prompts } },
  "Several datasets": {
    settings: {
      datasets: {
        kind: "list",
        items: datasetSettings,
        help:
          "in a recipe, in place of data: a list of datasets, each with its own settings out of those of Data and Loss, " +
          "batch-size, a name, and a weight, the factor of its loss",
      },
      sampling: {
        kind: "text",
        value: "ORDER",
        choices: ["proportional", "round-robin"],
        help:
          "order of the batches, each of which is from one dataset. proportional: all batches of all datasets in random " +
          "order. round-robin: one of each in turn, until the smallest is exhausted; with --accumulation-steps 2, each " +
          "step has a batch of two of them",
        defaultsTo: "proportional",
      },
    },
  },
  "Cross-encoders": { settings: crossEncoder },
  Loss: { about: "By the rows that they take:", terms: lossTerms, settings: { ...lossSettings, ...lossSum } },
  Training: {
    settings: {
      ...optimizationSettings({
        items: "rows",
        epochs: "1",
        batchSize: batchSize.defaultsTo,
        learningRate: "2e-5",
        warmup: "a tenth of the steps",
        validationSteps: "a tenth of the steps",
      }),
      "batch-size": batchSize,
      "max-seq-length": { kind: "integer", value: "N", help: "truncate texts to N tokens in training" },
      freeze: {
        kind: "texts",
        value: "A,B",
        help: "weights not to train, which saves memory and time: embeddings, layers (0-3), or names with * for any characters",
      },
      "layerwise-learning-rate-decay": {
        kind: "number",
        value: "R",
        help: "factor of the learning rate for each layer below the last, embeddings below the first",
      },
    },
  },
  LoRA: {
    settings: {
      lora: {
        kind: "switch",
        help: "train low-rank adapters in place of the transformer's weights, and merge them at the end",
      },
      "lora-rank": { kind: "integer", value: "N", help: "rank of adapters", defaultsTo: "8" },
      "lora-alpha": { kind: "number", value: "R", help: "adapters are scaled by alpha / rank", defaultsTo: "8" },
      "lora-dropout": { kind: "number", value: "R", help: "dropout of the input of adapters", defaultsTo: "0" },
      "lora-targets": {
        kind: "texts",
        value: "A,B",
        help: "suffixes of the names of linear layers, or all-linear",
        defaultsTo: "the projections to queries and values",
      },
    },
  },
  Output: {
    settings: {
      ...modelOutputSettings,
      "task-data": taskDataSetting,
      ...workSettings("one per core, at most 8"),
    },
  },
  Run: { settings: runSettings },
} as const satisfies Sections;

export const settings = tableOf(sections);

export type Values = ValuesOf<TableOf<typeof sections>>;
