/** The check that a checkpoint has a learner's tensors: the same names and shapes, no more and no fewer. */
import { HpdError } from "../../errors.ts";
import type { LearnerState } from "./learner.ts";

/**
 * @param own a state of the learner, of any step
 * @throws HpdError `invalid_model` for a missing or unknown name, or another shape
 */
export function requireSameTensors(own: LearnerState, { step, tensors }: LearnerState): void {
  for (const [name, { shape }] of own.tensors) {
    const found = tensors.get(name);
    const wanted = name === "learning rates" ? [step] : shape;
    if (String(found?.shape) === String(wanted)) continue;
    throw new HpdError(
      "invalid_model",
      `the checkpoint should hold ${name} of shape [${wanted}], got ${found === undefined ? "none" : `[${found.shape}]`}`,
    );
  }
  const unknown = [...tensors.keys()].find((name) => !own.tensors.has(name));
  if (unknown !== undefined) {
    throw new HpdError("invalid_model", `the checkpoint holds ${unknown}, which this student doesn't have`);
  }
}
