/** Fine-tuning of models that embed texts. */
import type { DoneEvent } from "../training/run/run.ts";
import { fineTune } from "./fine-tune.ts";
import type { TrainOptions } from "./options.ts";
import { setUpEmbedder } from "./set-up-embedder.ts";

/**
 * @returns what the last event says
 * @throws HpdError `invalid_argument` before any work starts, for an invalid option or if another run holds the work
 *   folder; whatever loading, reading, training and saving throw; the signal's reason, after a checkpoint that `resume`
 *   goes on from
 */
export async function train(options: TrainOptions): Promise<DoneEvent> {
  return await fineTune(options, await setUpEmbedder("train", options));
}
