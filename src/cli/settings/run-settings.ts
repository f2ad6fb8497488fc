/** The settings that all commands that train share, and the options that they become. */

import type { TrainOptions } from "../../train.ts";
import { schedules } from "./choices.ts";
import { outSetting, weightsDtypeSetting } from "./model-output.ts";
import type { SettingTable, ValuesOf } from "./table.ts";

/** The differences between commands: the training items, and defaults. */
interface Differences {
  /** `sentences` or `rows`. */
  readonly items: string;
  readonly epochs: string;
  readonly batchSize: string;
  readonly learningRate: string;
  readonly warmup: string;
  readonly validationSteps: string;
}

/** Length of the run and its optimizer. */
export function optimizationSettings({ items, epochs, batchSize, learningRate, warmup, validationSteps }: Differences) {
  return {
    epochs: { kind: "number", value: "N", help: `passes over the ${items}`, defaultsTo: epochs },
    "max-steps": { kind: "integer", value: "N", help: "maximum optimizer steps" },
    "max-samples": { kind: "integer", value: "N", help: `maximum ${items} seen, over all epochs` },
    "batch-size": { kind: "integer", value: "N", help: `${items} per batch`, defaultsTo: batchSize },
    "accumulation-steps": { kind: "integer", value: "N", help: "batches per optimizer step", defaultsTo: "1" },
    "learning-rate": { kind: "number", value: "R", help: "peak learning rate", defaultsTo: learningRate },
    schedule: {
      kind: "text",
      value: "NAME",
      choices: schedules,
      help: "learning rate after the warmup",
      defaultsTo: "linear",
    },
    warmup: { kind: "integer", value: "N", help: "steps until the peak learning rate", defaultsTo: warmup },
    "weight-decay": { kind: "number", value: "R", help: "weight decay of AdamW", defaultsTo: "0.01" },
    "max-gradient-norm": { kind: "number", value: "R", help: "norm to which gradients are clipped", defaultsTo: "1" },
    dropout: { kind: "number", value: "R", help: "dropout during training", defaultsTo: "0.1" },
    seed: { kind: "integer", value: "N", help: "random seed", defaultsTo: "42" },
    "validation-steps": {
      kind: "integer",
      value: "N",
      help: "steps between two validations",
      defaultsTo: validationSteps,
    },
    evaluator: {
      kind: "text",
      value: "TASK",
      help: "keep the best state by this task of hpd evaluate, such as sts-b-dev, instead of by validation loss",
    },
    patience: { kind: "integer", value: "N", help: "stop after N validations without improvement" },
  } as const satisfies SettingTable;
}

/** The model that is written. */
export const modelOutputSettings = {
  out: outSetting,
  "weights-dtype": weightsDtypeSetting,
  tasks: {
    kind: "text",
    value: "NAMES",
    help: "tasks of hpd evaluate, such as sts, to score at the end, for the model card",
  },
} as const satisfies SettingTable;

/** Folder with the data of tasks. */
export const taskDataSetting = {
  kind: "text",
  value: "FOLDER",
  help: "folder with the data of tasks",
  defaultsTo: "HPD_DATA of the environment",
} as const;

/** The files and threads of the run. */
export function workSettings(threads: string) {
  return {
    "work-dir": {
      kind: "text",
      value: "FOLDER",
      help: "folder of checkpoints, metrics.jsonl and report.html",
      defaultsTo: "OUT.training",
    },
    "checkpoint-minutes": { kind: "number", value: "N", help: "minutes between two checkpoints", defaultsTo: "10" },
    threads: { kind: "integer", value: "N", help: "threads", defaultsTo: threads },
  } as const satisfies SettingTable;
}

/** The actions of one call on the run. */
export const runSettings = {
  recipe: {
    kind: "text",
    value: "FILE",
    flagOnly: true,
    help: 'YAML or JSON file with any of the settings above, such as "batch-size: 64" (or batchSize); flags take precedence',
  },
  resume: { kind: "switch", flagOnly: true, help: "continue from the latest checkpoint, if there is one" },
  overwrite: { kind: "switch", flagOnly: true, help: "replace an existing model and its work folder" },
  "dry-run": {
    kind: "switch",
    flagOnly: true,
    help: "read the data, measure a few batches, and print a plan: what would be done, how long, with how much disk",
  },
  json: { kind: "switch", flagOnly: true, help: "print the outcome, or the plan, as JSON" },
  quiet: { kind: "switch", flagOnly: true, help: "print nothing on stderr but errors" },
} as const satisfies SettingTable;

type RunValues = ValuesOf<
  ReturnType<typeof optimizationSettings> & typeof modelOutputSettings & ReturnType<typeof workSettings>
>;

type RunOption =
  | ("epochs" | "maxSteps" | "maxSamples" | "batchSize" | "accumulationSteps" | "learningRate" | "schedule")
  | ("warmupSteps" | "weightDecay" | "maxGradientNorm" | "dropout" | "seed" | "validationSteps" | "patience")
  | ("weightsDtype" | "workFolder" | "checkpointMinutes" | "threads");

/** The options of a run, whatever is trained. */
export function runOptionsOf(values: RunValues): Pick<TrainOptions, RunOption> {
  return {
    epochs: values.epochs,
    maxSteps: values["max-steps"],
    maxSamples: values["max-samples"],
    batchSize: values["batch-size"],
    accumulationSteps: values["accumulation-steps"],
    learningRate: values["learning-rate"],
    schedule: values.schedule,
    warmupSteps: values.warmup,
    weightDecay: values["weight-decay"],
    maxGradientNorm: values["max-gradient-norm"],
    dropout: values.dropout,
    seed: values.seed,
    validationSteps: values["validation-steps"],
    patience: values.patience,
    weightsDtype: values["weights-dtype"],
    workFolder: values["work-dir"],
    checkpointMinutes: values["checkpoint-minutes"],
    threads: values.threads,
  };
}

/** The value of `--valid`: a number, or files. */
export function validationOf<File>(
  given: readonly string[] | undefined,
  files: (paths: readonly string[]) => File[],
): number | File[] | undefined {
  if (given === undefined) return undefined;
  return given.length === 1 && /^\d+$/.test(given[0]!) ? Number(given[0]) : files(given);
}
