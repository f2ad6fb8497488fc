/** Checks of the tuning options that need no model. */
import { describe } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";

import type { TuningOptions } from "./tuning.ts";

/** @throws HpdError `invalid_argument` naming the option */
export function checkTuning({
  freeze,
  layerwiseLearningRateDecay: decay,
}: Pick<TuningOptions, "freeze" | "layerwiseLearningRateDecay">): void {
  const isList = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((entry) => typeof entry === "string" && entry.trim() !== "");
  if (freeze !== undefined && !isList(freeze)) {
    throw new HpdError(
      "invalid_argument",
      `freeze should be a list of \`embeddings\`, layers (\`0-3\`) and names of weights, got ${describe(freeze)}`,
    );
  }
  if (decay === undefined || (decay > 0 && decay <= 1)) return;
  throw new HpdError(
    "invalid_argument",
    `layerwiseLearningRateDecay should be above 0 and at most 1, got ${describe(decay)}`,
  );
}
