/** The settings of `hpd train`. */
import { rowFormats } from "../../texts/open-rows.ts";
import { poolings } from "../settings/choices.ts";
import { runSettings } from "../settings/run-settings.ts";
import { type Setting, settingsHelp, type ValuesOf } from "../settings/table.ts";
import { lossHint } from "./loss-hint.ts";

export const lossNames = [
  "multiple-negatives-ranking",
  "cosent",
  "angle",
  "cosine-similarity",
  "contrastive",
  "online-contrastive",
  "triplet",
  "mega-batch-margin",
  "gist-embed",
  "batch-all-triplet",
  "batch-hard-triplet",
  "batch-semi-hard-triplet",
  "batch-hard-soft-margin-triplet",
  "margin-mse",
  "distill-kl",
  "softmax",
  "mse",
] as const;

/** Those of cross-encoders, some of them under names of others. */
export const crossEncoderLossNames = [
  "binary-cross-entropy",
  "cross-entropy",
  "mse",
  "margin-mse",
  "multiple-negatives-ranking",
  "list-net",
] as const;

const model = {
  model: { kind: "text", value: "NAME", help: "a model folder or hub id, static models too: all of it is trained on" },
  pooling: { kind: "text", choices: poolings, help: "where it has none (default: mean)" },
  offline: { kind: "switch", help: "the model from the hub's cache alone" },
} as const satisfies Record<string, Setting>;

/** What is said of cross-encoders alone. */
export const crossEncoder = {
  "cross-encoder": {
    kind: "switch",
    help: "put a new classification head on a model that has none; one that is a cross-encoder is trained as such anyway",
  },
  "num-labels": { kind: "integer", value: "N", help: "scores of a new head (default: 1)" },
  labels: {
    kind: "texts",
    value: "A,B,C",
    help: "names of the classes, by which the label of a row may be given; as many scores as names",
  },
} as const satisfies Record<string, Setting>;

const rows = {
  data: {
    kind: "texts",
    value: "FILE",
    help:
      "rows in JSONL, CSV, TSV, Parquet or JSON, .gz too; several with --data again. A field that holds a list of texts, such " +
      "as texts, is a group: each is a positive of the others",
  },
  "input-format": { kind: "text", choices: rowFormats, help: "instead of what the file's name says" },
  columns: {
    kind: "texts",
    value: "A,B",
    help: "the fields that hold texts, in the order of the loss (default: by their names, such as anchor, positive)",
  },
  label: { kind: "text", value: "NAME", help: "the field that holds the score or label (default: by its name)" },
  valid: {
    kind: "texts",
    value: "N|FILE",
    help: "rows to hold out, or files of them (default: a tenth, at most 1000)",
  },
} as const satisfies Record<string, Setting>;

const prompts = {
  prompts: {
    kind: "named",
    value: "COLUMN=TEXT",
    help: "what stands before the texts of a column, several with --prompts again; without COLUMN= before all texts",
  },
  "prompt-names": { kind: "named", value: "COLUMN=NAME", help: "the same by the names of the model's own prompts" },
} as const satisfies Record<string, Setting>;

export const lossSettings = {
  loss: {
    kind: "text",
    choices: [...new Set([...lossNames, ...crossEncoderLossNames])],
    hint: (name) => lossHint(name, lossNames),
    help: `(default: multiple-negatives-ranking); of cross-encoders: ${crossEncoderLossNames.join(", ")} (default: the first, of several labels the second)`,
  },
  guide: { kind: "text", value: "NAME", help: "of gist-embed: the model that finds false negatives" },
  "guide-revision": { kind: "text", value: "NAME", help: "of the guide on the hub" },
  "margin-strategy": {
    kind: "text",
    choices: ["absolute", "relative"],
    help: "of gist-embed: whether its margin (default: 0) is a similarity or a part of the positive's",
  },
  "no-contrast-anchors": { kind: "switch", help: "gist-embed: anchors are no negatives of anchors" },
  "no-contrast-positives": { kind: "switch", help: "gist-embed: positives are no negatives of positives" },
  "no-concatenation-sent-rep": { kind: "switch", help: "softmax: its classifier isn't given the embeddings u and v" },
  "no-concatenation-sent-difference": { kind: "switch", help: "softmax: its classifier isn't given |u - v|" },
  "concatenation-sent-multiplication": { kind: "switch", help: "softmax: its classifier is given u times v, too" },
  scale: { kind: "number", value: "R", help: "1 / temperature of ranking losses (default: 20)" },
  temperature: {
    kind: "number",
    value: "R",
    help: "what scores are divided by, of distill-kl (default: 1), gist-embed (default: 0.01)",
  },
  margin: {
    kind: "number",
    value: "R",
    help: "of contrastive, online-contrastive (default: 0.5) and the triplet losses (default: 5)",
  },
  similarity: {
    kind: "text",
    choices: ["cosine", "dot"],
    help: "of multiple-negatives-ranking, margin-mse and distill-kl",
  },
  distance: {
    kind: "text",
    choices: ["cosine", "euclidean", "manhattan"],
    help: "of contrastive, online-contrastive and the triplet losses; those of a batch have no manhattan",
  },
  symmetric: { kind: "switch", help: "multiple-negatives-ranking: positives look for their anchors, too" },
  directions: {
    kind: "texts",
    value: "A,B",
    help:
      "multiple-negatives-ranking: what a pair competes with, of query_to_doc (default), query_to_query, doc_to_query, " +
      "doc_to_doc",
  },
  "partition-mode": {
    kind: "text",
    choices: ["joint", "per_direction"],
    help: "one sum over all directions (default: joint) or one each",
  },
  "hardness-mode": {
    kind: "text",
    choices: ["in_batch_negatives", "hard_negatives", "all_negatives"],
    help: "multiple-negatives-ranking: which negatives count the more, the more similar they are",
  },
  "hardness-strength": { kind: "number", value: "R", help: "of the hardness mode (default: 0)" },
  "positive-margin": {
    kind: "number",
    value: "R",
    help: "of mega-batch-margin: a pair's cosine at least (default: 0.8)",
  },
  "negative-margin": { kind: "number", value: "R", help: "of mega-batch-margin: any other's at most (default: 0.3)" },
  "pos-weight": {
    kind: "number",
    value: "R",
    help: "of binary-cross-entropy: how often a positive counts (default: 1)",
  },
  "num-negatives": {
    kind: "integer",
    value: "N",
    help: "of a cross-encoder's multiple-negatives-ranking: documents of other rows for each query (default: 4)",
  },
  activation: {
    kind: "text",
    choices: ["identity", "sigmoid", "tanh", "relu"],
    help: "of a cross-encoder's loss: done with scores before (default: identity, of the ranking loss sigmoid)",
  },
  matryoshka: {
    kind: "integers",
    value: "384,128,64",
    help: "the loss at several dimensions: the first numbers of embeddings should do by themselves",
  },
  "dimensions-per-step": { kind: "integer", value: "N", help: "of matryoshka, drawn for each step (default: all)" },
  "adaptive-layer": {
    kind: "switch",
    help: "the loss at several depths, around matryoshka too (2D): a model cut to its first layers should do by itself",
  },
  "layers-per-step": {
    kind: "integer",
    value: "N",
    help: "of adaptive-layer, drawn for each step (default: 1; 0 for all)",
  },
  "last-layer-weight": { kind: "number", value: "R", help: "(default: 1)" },
  "prior-layers-weight": { kind: "number", value: "R", help: "(default: 1)" },
  "kl-div-weight": { kind: "number", value: "R", help: "how alike a layer should be to the last one (default: 1)" },
  "kl-temperature": { kind: "number", value: "R", help: "(default: 0.3)" },
  "layer-weighting": { kind: "text", choices: ["uniform", "log", "linear"], help: "(default: uniform)" },
} as const satisfies Record<string, Setting>;

const weight = { kind: "number", value: "R", help: "what its loss is multiplied by" } as const satisfies Setting;

export const lossSum = {
  losses: {
    kind: "list",
    items: { ...lossSettings, weight },
    help:
      "in a recipe, instead of loss: a list of losses over the same rows that are added up, each with settings of its own " +
      "and a weight that it is multiplied by",
  },
} as const satisfies Record<string, Setting>;

const batchSize = {
  kind: "integer",
  value: "N",
  help: "rows of a batch (default: 32); more make more negatives, and take no more memory",
} as const satisfies Setting;

/** What a recipe says of each of several datasets; where it doesn't, the loss and the batch size are those beside them. */
const datasetSettings = {
  name: { kind: "text", help: "what it is called" },
  ...rows,
  ...prompts,
  ...lossSettings,
  ...lossSum,
  weight,
  "batch-size": batchSize,
} as const satisfies Record<string, Setting>;

export type DatasetValues = ValuesOf<typeof datasetSettings>;

const several = {
  datasets: {
    kind: "list",
    items: datasetSettings,
    help:
      "in a recipe, instead of data: a list of datasets, each with settings of its own out of those from data to batch-size, " +
      "a name, and a weight that its loss is multiplied by",
  },
  sampling: {
    kind: "text",
    choices: ["proportional", "round-robin"],
    help:
      "a batch is of one dataset: all batches of all in random order (the default), or one of each in turn until the " +
      "smallest has none left; with --accumulation-steps 2, each update has a batch of two",
  },
} as const satisfies Record<string, Setting>;

const training = {
  epochs: { kind: "number", value: "N", help: "passes over the rows (default: 1)" },
  "max-steps": runSettings["max-steps"],
  "max-samples": { kind: "integer", value: "N", help: "rows at most, those of later epochs counted again" },
  "batch-size": batchSize,
  "accumulation-steps": runSettings["accumulation-steps"],
  "max-seq-length": { kind: "integer", value: "N", help: "cut texts to so many tokens while training" },
  "learning-rate": { kind: "number", value: "R", help: "(default: 2e-5)" },
  schedule: runSettings.schedule,
  warmup: { kind: "integer", value: "N", help: "updates until the learning rate is reached (default: a tenth)" },
  "weight-decay": runSettings["weight-decay"],
  "max-gradient-norm": runSettings["max-gradient-norm"],
  dropout: { kind: "number", value: "R", help: "ratio of dropout while it learns (default: 0.1)" },
  freeze: {
    kind: "texts",
    value: "A,B",
    help:
      "what stays as it is, and costs no memory or time of the optimizer: embeddings, layers (0-3), or names of weights with " +
      "* for any characters",
  },
  "layerwise-learning-rate-decay": {
    kind: "number",
    value: "R",
    help: "the learning rate times R for each layer down from the last one, embeddings below the first",
  },
  lora: {
    kind: "switch",
    help: "learn adapters of low rank instead of the transformer's weights, and add them to these at the end",
  },
  "lora-rank": { kind: "integer", value: "N", help: "of adapters (default: 8)" },
  "lora-alpha": { kind: "number", value: "R", help: "adapters count alpha / rank times (default: 8)" },
  "lora-dropout": { kind: "number", value: "R", help: "of what goes into adapters (default: 0)" },
  "lora-targets": {
    kind: "texts",
    value: "A,B",
    help: "the ends of names of linear layers, or all-linear (default: the projections to queries and values)",
  },
  seed: runSettings.seed,
  "validation-steps": { kind: "integer", value: "N", help: "updates between two validations (default: a tenth)" },
  evaluator: runSettings.evaluator,
  patience: runSettings.patience,
} as const satisfies Record<string, Setting>;

const output = {
  out: runSettings.out,
  "weights-dtype": runSettings["weights-dtype"],
  tasks: runSettings.tasks,
  "task-data": { kind: "text", value: "FOLDER", help: "where the data of tasks lies (default: $HPD_DATA)" },
  "work-dir": runSettings["work-dir"],
  "checkpoint-minutes": runSettings["checkpoint-minutes"],
  threads: { kind: "integer", value: "N", help: "(default: one for each core, at most 8)" },
} as const satisfies Record<string, Setting>;

export const settings = {
  ...{ ...model, ...crossEncoder, ...rows, ...prompts, ...several },
  ...{ ...lossSettings, ...lossSum, ...training, ...output },
};

/** What was said, by flags or a recipe. */
export type Values = ValuesOf<typeof settings>;

/** The lines of `--help` about them. */
export const help = settingsHelp({
  "Model and data:": { ...model, ...rows, ...prompts },
  "Cross-encoders:": crossEncoder,
  "Several datasets:": several,
  "Training:": { ...lossSettings, ...lossSum, ...training },
  "Output:": output,
});
