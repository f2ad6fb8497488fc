/** A model with a weight, as commands take it: `NAME=WEIGHT`. */
import { existsSync } from "node:fs";
import { UsageError } from "./usage-error.ts";

export interface WeightedModel {
  readonly model: string;
  readonly weight?: number;
}

/** @throws UsageError for a weight that is no number */
export function weightedModelOf(given: string): WeightedModel {
  // A folder such as `runs/lr=3` has no weight in its name.
  const [, model, weight] = /^([^=]+(?:=.*)?)=([^=/\\]*)$/.exec(given) ?? [];
  if (model === undefined || weight === undefined || existsSync(given)) return { model: given };
  if (/^-?\d+(?:\.\d+)?$/.test(weight)) return { model, weight: Number(weight) };
  throw new UsageError(`the weight of ${model} should be a number as in ${model}=0.5, got ${JSON.stringify(weight)}`);
}
