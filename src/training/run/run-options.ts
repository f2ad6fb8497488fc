/** What every run needs beside its recipe, and the options that recipes have in common. */
import { requireOptionalOneOf } from "../../common/arguments.ts";
import type { Optional } from "../../common/optional.ts";
import type { TextRoles } from "../../encode/text-roles.ts";
import { HpdError } from "../../errors.ts";
import type { Embed, TrainingEvaluator } from "../loop/evaluator.ts";
import { type Schedule, schedules } from "../loop/schedule.ts";
import { checkLoopNumbers, type LoopNumbers } from "./check-numbers.ts";
import type { Score } from "./score.ts";

export interface RunOptions<Event> {
  /** The folder of the new model. It appears when it is whole. */
  readonly out: string;
  /** The element type of the weights in it. Default `fp32`. */
  readonly weightsDtype: "fp32" | "fp16";
  /** The folder of checkpoints, metrics and report. Default: `OUT.training`. */
  readonly workFolder: string;
  /** Default 10. */
  readonly checkpointMinutes: number;
  /** Default: one for each core, at most 8. The last digits of the weights depend on it; each has its own gradients. */
  readonly threads: number | undefined;
  /** Go on from the latest checkpoint, if there is one. */
  readonly resume: boolean;
  /** Start anew and replace what is there. */
  readonly overwrite: boolean;
  /** Measures the model at each validation. */
  readonly evaluator: TrainingEvaluator | undefined;
  /** Measures the model that is kept, for its card; `roles` as of an evaluator. */
  readonly measure: ((embed: Embed, roles: TextRoles) => Promise<readonly Score[]>) | undefined;
  /** Finishes the step under way, writes a checkpoint and stops. */
  readonly signal: AbortSignal | undefined;
  readonly onEvent: ((event: Event) => void) | undefined;
}

/** What of an evaluator a run looks at, whatever it evaluates. */
export interface Named {
  readonly name: string;
}

/** The options of a run whose evaluator may be of any sort. */
export type PlainRunOptions<Event> = Omit<RunOptions<Event>, "evaluator" | "measure"> & {
  readonly evaluator: Named | undefined;
};

/** The types of these options, and of those of the loop: parts of an `OptionTable`. */
export const runOptionTypes = {
  out: "string",
  weightsDtype: "string",
  workFolder: "string",
  checkpointMinutes: "number",
  threads: "number",
  resume: "boolean",
  overwrite: "boolean",
  evaluator: "any",
  measure: "function",
  signal: "signal",
  onEvent: "function",
} as const;

export const loopOptionTypes = {
  epochs: "number",
  maxSteps: "number",
  maxSamples: "number",
  batchSize: "number",
  accumulationSteps: "number",
  learningRate: "number",
  schedule: "string",
  warmupSteps: "number",
  weightDecay: "number",
  maxGradientNorm: "number",
  dropout: "number",
  seed: "number",
  validationSteps: "number",
  keepBest: "string",
  patience: "number",
} as const;

export interface LoopRecipe extends Omit<LoopNumbers, "threads" | "checkpointMinutes"> {
  readonly schedule: Schedule;
  readonly keepBest: "loss" | "score";
}

/** The values that are given of those options that `defaults` names, and of `keepBest`. */
export function givenOf<Options extends object, Recipe>(options: Options, defaults: object): Partial<Recipe> {
  const isOfRecipe = (key: string) => key === "keepBest" || Object.hasOwn(defaults, key);
  const given = Object.entries(options).filter(([key, value]) => value !== undefined && isOfRecipe(key));
  return Object.fromEntries(given) as Partial<Recipe>;
}

/**
 * @param hasScore whether there is something that measures the model
 * @throws HpdError `invalid_argument` for an option of the loop or the run that can't do
 */
export function checkRun(
  recipe: LoopRecipe,
  { evaluator, weightsDtype, threads, checkpointMinutes }: Optional<PlainRunOptions<never>>,
  hasScore = evaluator !== undefined,
): void {
  if (recipe.keepBest === "score" && !hasScore) {
    throw new HpdError("invalid_argument", "keepBest is score, but there is no evaluator that gives one");
  }
  requireOptionalOneOf("schedule", recipe.schedule, schedules);
  requireOptionalOneOf("keepBest", recipe.keepBest, ["loss", "score"]);
  requireOptionalOneOf("weightsDtype", weightsDtype, ["fp32", "fp16"]);
  checkLoopNumbers({ ...recipe, threads, checkpointMinutes });
}
