/** Fine-tuning of models that score pairs of texts: rerankers and classifiers. */
import type { DoneEvent } from "../../training/run/run.ts";
import { fineTune } from "../fine-tune.ts";
import { planFineTuning } from "../plan.ts";
import type { TrainPlan } from "../train-plan.ts";
import type { TrainCrossEncoderOptions } from "./options.ts";
import { setUpCrossEncoder } from "./set-up.ts";

/**
 * A cross-encoder trained further, or one made of an encoder with a new classification head. Source:
 * sentence-transformers 6.2, `CrossEncoderTrainer`, for what its users expect.
 *
 * @returns what the last event says
 * @throws HpdError as `train` does
 */
export async function trainCrossEncoder(options: TrainCrossEncoderOptions): Promise<DoneEvent> {
  return await fineTune(options, await setUpCrossEncoder("trainCrossEncoder", options));
}

/** Plans a run without training. @throws HpdError as `trainCrossEncoder` does before it starts to work */
export async function planCrossEncoderTraining(options: TrainCrossEncoderOptions): Promise<TrainPlan> {
  return await planFineTuning(options, await setUpCrossEncoder("planCrossEncoderTraining", options));
}
