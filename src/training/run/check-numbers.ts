/** The numbers that every run is told. */
import { HpdError } from "../../errors.ts";

export interface LoopNumbers {
  readonly epochs: number;
  readonly maxSteps: number | undefined;
  readonly maxSamples: number | undefined;
  readonly batchSize: number;
  readonly accumulationSteps: number;
  readonly learningRate: number;
  readonly warmupSteps: number | undefined;
  readonly weightDecay: number;
  readonly maxGradientNorm: number;
  readonly dropout: number;
  readonly validationSteps: number | undefined;
  readonly patience: number | undefined;
  readonly threads: number | undefined;
  readonly checkpointMinutes: number | undefined;
}

const counts = [
  ...["maxSteps", "maxSamples", "batchSize", "accumulationSteps", "validationSteps", "patience", "threads"],
] as readonly (keyof LoopNumbers)[];

/** @throws HpdError `invalid_argument` naming the option */
export function checkLoopNumbers(numbers: LoopNumbers): void {
  for (const key of counts) requireNumber(key, numbers[key], "a positive integer", isCount);
  for (const key of ["epochs", "learningRate"] as const)
    requireNumber(key, numbers[key], "a number above 0", isPositive);
  requireNumber("maxGradientNorm", numbers.maxGradientNorm, "a number above 0", (value) => value > 0);
  requireNumber("warmupSteps", numbers.warmupSteps, "a non-negative integer", (value) => value === 0 || isCount(value));
  requireNumber("weightDecay", numbers.weightDecay, "a non-negative number", (value) => value >= 0 && value < Infinity);
  // AdamW takes that part of a weight away at each step.
  const { learningRate, weightDecay } = numbers;
  if (learningRate * weightDecay >= 1) {
    throw new HpdError(
      "invalid_argument",
      `learningRate should be below 1 / weightDecay, ${1 / weightDecay}, got ${learningRate}`,
    );
  }
  requireNumber("dropout", numbers.dropout, "from 0 to less than 1", (value) => value >= 0 && value < 1);
  requireNumber("checkpointMinutes", numbers.checkpointMinutes, "a non-negative number", (value) => value >= 0);
}

export const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0;

export const isPositive = (value: number): boolean => value > 0 && value < Infinity;

/** @throws HpdError `invalid_argument` for a value that is there and isn't as expected */
export function requireNumber(
  name: string,
  value: number | undefined,
  expected: string,
  holds: (value: number) => boolean,
): void {
  if (value === undefined || (typeof value === "number" && holds(value))) return;
  throw new HpdError("invalid_argument", `${name} should be ${expected}, got ${value}`);
}
