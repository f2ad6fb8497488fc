/** Fine-tuning of models that embed texts. */
import type { DoneEvent } from "../training/run/run.ts";
import { fineTune } from "./fine-tune.ts";
import type { TrainOptions } from "./options.ts";
import { planFineTuning } from "./plan.ts";
import { setUpEmbedder } from "./set-up-embedder.ts";
import type { TrainPlan } from "./train-plan.ts";

/**
 * @returns what the last event says
 * @throws HpdError `invalid_argument` before any work starts, for an invalid option or if another run holds the work
 *   folder; whatever loading, reading, training and saving throw; the signal's reason, after a checkpoint that `resume`
 *   goes on from
 */
export async function train(options: TrainOptions): Promise<DoneEvent> {
  return await fineTune(options, await setUpEmbedder("train", options));
}

/** @throws HpdError as `train` does before it starts to work */
export async function planTraining(options: TrainOptions): Promise<TrainPlan> {
  return await planFineTuning(options, await setUpEmbedder("planTraining", options));
}
