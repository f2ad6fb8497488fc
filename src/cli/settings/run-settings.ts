/** Settings that all commands that train have, and the options that they become. */
import type { TrainOptions } from "../../train.ts";
import { schedules } from "./choices.ts";
import type { Setting, ValuesOf } from "./table.ts";

export const runSettings = {
  "max-steps": { kind: "integer", value: "N", help: "updates at most" },
  "accumulation-steps": { kind: "integer", value: "N", help: "batches of an update (default: 1)" },
  schedule: { kind: "text", choices: schedules, help: "(default: linear)" },
  "weight-decay": { kind: "number", value: "R", help: "(default: 0.01)" },
  "max-gradient-norm": { kind: "number", value: "R", help: "scale gradients down to this norm (default: 1)" },
  seed: { kind: "integer", value: "N", help: "of all that is drawn (default: 42)" },
  evaluator: {
    kind: "text",
    value: "TASK",
    help: "keep the best by a task of hpd evaluate, such as sts-b-dev, instead of the lowest loss",
  },
  patience: { kind: "integer", value: "N", help: "stop after so many validations without a better one" },
  out: { kind: "text", value: "FOLDER", help: "the new model; it appears when it is whole" },
  "weights-dtype": {
    kind: "text",
    choices: ["fp32", "fp16"],
    help: "element type of the weights in it (default: fp32)",
  },
  tasks: {
    kind: "text",
    value: "NAMES",
    help: "of hpd evaluate, such as sts: measured in the end, for the model card",
  },
  "work-dir": {
    kind: "text",
    value: "FOLDER",
    help: "checkpoints, metrics.jsonl, report.html (default: OUT.training)",
  },
  "checkpoint-minutes": { kind: "number", value: "N", help: "(default: 10)" },
} as const satisfies Record<string, Setting>;

/** Those whose help each command words itself. */
interface OwnValues {
  readonly epochs?: number;
  readonly "max-samples"?: number;
  readonly "batch-size"?: number;
  readonly "learning-rate"?: number;
  readonly warmup?: number;
  readonly dropout?: number;
  readonly "validation-steps"?: number;
  readonly threads?: number;
}

type RunOption =
  | ("epochs" | "maxSteps" | "maxSamples" | "batchSize" | "accumulationSteps" | "learningRate" | "schedule")
  | ("warmupSteps" | "weightDecay" | "maxGradientNorm" | "dropout" | "seed" | "validationSteps" | "patience")
  | ("weightsDtype" | "workFolder" | "checkpointMinutes" | "threads");

export function runOptionsOf(values: ValuesOf<typeof runSettings> & OwnValues): Pick<TrainOptions, RunOption> {
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

/** What `--valid` says: a number, or files. */
export function validationOf<File>(
  given: readonly string[] | undefined,
  files: (paths: readonly string[]) => File[],
): number | File[] | undefined {
  if (given === undefined) return undefined;
  return given.length === 1 && /^\d+$/.test(given[0]!) ? Number(given[0]) : files(given);
}
