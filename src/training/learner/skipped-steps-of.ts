/** The steps that a table's rows may have skipped. */
import type { AdamWOptions } from "../optimizer/adamw.ts";
import { SkippedSteps } from "../optimizer/skipped-steps.ts";
import type { ParameterGroup } from "./parameter-group.ts";

/** @param learningRates of the steps so far */
export function skippedStepsOf(
  optimizer: AdamWOptions,
  { decays, rate }: ParameterGroup,
  learningRates: Iterable<number>,
): SkippedSteps {
  const skipped = new SkippedSteps({ ...optimizer, weightDecay: decays ? optimizer.weightDecay : 0 });
  for (const learningRate of learningRates) skipped.add(learningRate * rate);
  return skipped;
}
