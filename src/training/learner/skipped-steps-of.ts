/** What the rows of a table skipped while they rested. */
import type { AdamWOptions } from "../optimizer/adamw.ts";
import { SkippedSteps } from "../optimizer/skipped-steps.ts";
import type { Learning } from "./learning.ts";

/** @param learningRates of the steps made so far */
export function skippedStepsOf(
  optimizer: AdamWOptions,
  { decays, rate }: Learning,
  learningRates: Iterable<number>,
): SkippedSteps {
  const skipped = new SkippedSteps({ ...optimizer, weightDecay: decays ? optimizer.weightDecay : 0 });
  for (const learningRate of learningRates) skipped.add(learningRate * rate);
  return skipped;
}
