/** A model with a weight, as commands take it: `NAME=WEIGHT`. */
import { existsSync } from "node:fs";

export interface WeightedModel {
  readonly model: string;
  readonly weight?: number;
}

export function weightedModelOf(given: string): WeightedModel {
  // A folder such as `runs/lr=3` has no weight in its name.
  if (existsSync(given)) return { model: given };
  const [, model, weight] = /^(.*?)(?:=(-?\d+(?:\.\d+)?))?$/.exec(given)!;
  return { model: model!, ...(weight !== undefined && { weight: Number(weight) }) };
}
