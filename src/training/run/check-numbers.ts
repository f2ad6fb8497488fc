/** Checks of the numbers that every run has. */
import {
  requireFraction,
  requireNonNegative,
  requireNonNegativeInteger,
  requirePositive,
  requirePositiveInteger,
} from "../../common/arguments.ts";
import { HpdError } from "../../errors.ts";
import type { LoopRecipe } from "./loop-recipe.ts";

/** The numbers of a recipe and its run. */
export interface LoopNumbers extends Omit<LoopRecipe, "schedule" | "keepBest" | "seed"> {
  readonly threads: number | undefined;
  readonly checkpointMinutes: number | undefined;
}

type Check = (name: string, value: unknown) => void;

const orInfinity =
  (check: Check): Check =>
  (name, value) => {
    if (value !== Number.POSITIVE_INFINITY) check(name, value);
  };

const checks: Readonly<Record<keyof LoopNumbers, Check>> = {
  epochs: requirePositive,
  maxSteps: requirePositiveInteger,
  maxSamples: requirePositiveInteger,
  batchSize: requirePositiveInteger,
  accumulationSteps: requirePositiveInteger,
  learningRate: requirePositive,
  warmupSteps: requireNonNegativeInteger,
  weightDecay: requireNonNegative,
  maxGradientNorm: orInfinity(requirePositive),
  dropout: requireFraction,
  validationSteps: requirePositiveInteger,
  patience: requirePositiveInteger,
  threads: requirePositiveInteger,
  checkpointMinutes: orInfinity(requireNonNegative),
};

/** @throws HpdError `invalid_argument` naming the option */
export function checkLoopNumbers(numbers: LoopNumbers): void {
  for (const [name, check] of Object.entries(checks)) {
    const value = numbers[name as keyof LoopNumbers];
    if (value !== undefined) check(name, value);
  }
  // A step of AdamW takes this part of a weight away.
  const { learningRate, weightDecay } = numbers;
  if (learningRate * weightDecay >= 1) {
    throw new HpdError(
      "invalid_argument",
      `learningRate should be below 1 / weightDecay, ${1 / weightDecay}, got ${learningRate}`,
    );
  }
}
