/** The recipe of a fine-tuning: all that decides which weights result. */
import type { Sampling } from "../training/loop/sampling.ts";
import type { Loss, RowLoss } from "../training/losses/loss.ts";
import type { LoopRecipe } from "../training/run/loop-recipe.ts";
import type { OpenStudentOptions } from "../training/student/open-student.ts";
import type { Lora } from "../training/tuning/lora.ts";
import type { TrainDataset } from "./dataset-options.ts";

/** The options that decide which weights result. A resumed run must have the same. */
export interface TrainRecipe extends FineTuningRecipe<Loss> {
  /** The pooling of a model that has none of its own. Default `mean`. */
  readonly pooling: OpenStudentOptions["pooling"];
}

/** The recipe of any kind of model. */
export interface FineTuningRecipe<L extends RowLoss> extends LoopRecipe {
  /** A model folder, or an id on the hub: all of its modules are trained on. */
  readonly model: string;
  /** Revision of the model on the hub. */
  readonly revision: string | undefined;

  /** One, or several with a loss each; every batch is of one of them. */
  readonly datasets: readonly TrainDataset<L>[];
  /** The order in which batches of several datasets come. Default `proportional`. */
  readonly sampling: Sampling;
  /** Maximum tokens per text in training, special ones included. Default: the model's own length. */
  readonly maxSeqLength: number | undefined;

  /**
   * Frozen weights: `embeddings`, the number of a layer or two of them (`0-3`), or names of weights, where `*` stands
   * for any characters. It takes no moments, no gradients and none of their time. Default: nothing.
   */
  readonly freeze: readonly string[] | undefined;
  /**
   * Factor of the learning rate for each layer down from the last one, above 0 to 1; embeddings come below the
   * first. Default 1.
   */
  readonly layerwiseLearningRateDecay: number | undefined;
  /**
   * Adapters of low rank instead of the transformer's own weights, which they become part of in the end. Default: none.
   */
  readonly lora: Lora | undefined;
}

/** The recipe as JSON holds it: what must be the same for a run to be resumed, and what a card shows. */
export function trainIdentityOf({ datasets, sampling, ...recipe }: FineTuningRecipe<RowLoss>): object {
  const [first] = datasets;
  if (first!.name === "") {
    const { name, weight, loss, ...dataset } = first!;
    return { ...recipe, ...dataset, loss: loss.recipe };
  }
  return { ...recipe, sampling, datasets: datasets.map(({ loss, ...dataset }) => ({ ...dataset, loss: loss.recipe })) };
}
