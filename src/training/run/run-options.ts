/** The options of a run that are not part of its recipe. */
import { requireMethods, requireOptionalOneOf, requireText } from "../../common/arguments.ts";
import type { Optional } from "../../common/optional.ts";
import type { TextRoles } from "../../encode/text-roles.ts";
import { HpdError } from "../../errors.ts";
import type { Embed, TrainingEvaluator } from "../loop/evaluator.ts";
import { schedules } from "../loop/schedule.ts";
import { checkLoopNumbers } from "./check-numbers.ts";
import type { LoopRecipe } from "./loop-recipe.ts";
import type { Score } from "./score.ts";

export interface RunOptions<Event> {
  /** The folder of the new model. It appears when it is complete. */
  readonly out: string;
  /** The element type of the weights in it. Default `fp32`. */
  readonly weightsDtype: "fp32" | "fp16";
  /** The folder of checkpoints, metrics and report. Default: `OUT.training`. */
  readonly workFolder: string;
  /** Minutes between checkpoints. Default 10. */
  readonly checkpointMinutes: number;
  /**
   * Number of threads. Each needs memory for its gradients, and the last digits of the weights depend on it.
   * Default: one for each core, at most 8.
   */
  readonly threads: number | undefined;
  /** Whether to go on from the latest checkpoint, if there is one. Default false. */
  readonly resume: boolean;
  /** Whether to start over and replace what is there. Default false. */
  readonly overwrite: boolean;
  /** The evaluator of each validation. */
  readonly evaluator: TrainingEvaluator | undefined;
  /** Measures the final model, for its card; `roles` as in `evaluate` of an evaluator. */
  readonly measure: ((embed: Embed, roles: TextRoles) => Promise<readonly Score[]>) | undefined;
  /** Stops the run after the current step, with a checkpoint. */
  readonly signal: AbortSignal | undefined;
  readonly onEvent: ((event: Event) => void) | undefined;
}

/** The part of an evaluator that all kinds have. */
export interface Named {
  readonly name: string;
}

/** The options of a run with an evaluator of any kind. */
export type PlainRunOptions<Event> = Omit<RunOptions<Event>, "evaluator" | "measure"> & {
  readonly evaluator: Named | undefined;
};

/** The types of `RunOptions`: a part of an `OptionTable`. */
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

/** The given options that belong to a recipe: those named by `defaults`, and `keepBest`. */
export function givenOf<Options extends object, Recipe>(options: Options, defaults: object): Partial<Recipe> {
  const isOfRecipe = (key: string) => key === "keepBest" || Object.hasOwn(defaults, key);
  const given = Object.entries(options).filter(([key, value]) => value !== undefined && isOfRecipe(key));
  return Object.fromEntries(given) as Partial<Recipe>;
}

/**
 * @param hasScore whether there is an evaluator
 * @throws HpdError `invalid_argument` for an invalid option of the loop or the run
 */
export function checkRun(
  recipe: LoopRecipe,
  { evaluator, weightsDtype, threads, checkpointMinutes }: Optional<PlainRunOptions<never>>,
  hasScore = evaluator !== undefined,
): void {
  if (recipe.keepBest === "score" && !hasScore) {
    throw new HpdError("invalid_argument", "keepBest should be loss without an evaluator, got score");
  }
  if (evaluator !== undefined) requireEvaluator(evaluator);
  requireOptionalOneOf("schedule", recipe.schedule, schedules);
  requireOptionalOneOf("keepBest", recipe.keepBest, ["loss", "score"]);
  requireOptionalOneOf("weightsDtype", weightsDtype, ["fp32", "fp16"]);
  checkLoopNumbers({ ...recipe, threads, checkpointMinutes });
}

/** @throws HpdError `invalid_argument` for anything else, such as an evaluator of `hpd/evaluation` */
function requireEvaluator(evaluator: Named): void {
  requireMethods("evaluator", evaluator, ["evaluate"], "an object with a `name` and a function `evaluate`");
  requireText("evaluator.name", evaluator.name, "the name of what it measures");
  if (!("texts" in evaluator)) return;
  throw new HpdError(
    "invalid_argument",
    "evaluator should have a function from `embed` to a number, got an evaluator of hpd/evaluation: call that in it, " +
      "`async evaluate(embed, roles) { const [{ scores, mainMetric }] = await evaluate(embed, [own], roles); return scores[mainMetric]; }`",
  );
}
