/**
 * The interface between the training loop and a student that learns batch by batch. It hides graphs, threads and the
 * optimizer; the loop decides on the order of batches, learning rates, and what is kept.
 */
import type { Tensor } from "../../tensor/tensor.ts";
import type { Labels } from "../data/training-set.ts";

export interface Batch {
  /** Token ids of the texts of each column, special tokens included, cut to the student's maximum length. */
  readonly columns: readonly (readonly Int32Array[])[];
  /** Token types (which of two texts a token belongs to), in the form of `columns`, for a student that has them. */
  readonly types?: readonly (readonly Int32Array[])[] | undefined;
  /** Prompt lengths in tokens, one for each column: pooling that excludes prompts skips them. Default 0. */
  readonly promptLengths?: readonly number[];
  /** Labels of the loss. */
  readonly labels: Labels;
  /** Index of the objective. Default 0. */
  readonly objective?: number;
}

/** The value of each part of a loss that is a sum, by its name. */
export type LossParts = Readonly<Record<string, number>>;

/** The learner's part of a checkpoint: a run that is resumed from it ends with the same bytes. */
export interface LearnerState {
  /** Number of updates so far. */
  readonly step: number;
  /** Parameters and the optimizer's moments by name. Those of a checkpoint are lazy. */
  readonly tensors: ReadonlyMap<string, Tensor<"float32">>;
}

export interface Learner {
  /** Dimension of the student's embeddings. */
  readonly dimension: number;
  /**
   * Adds the gradients of the batch's loss to those for the next `update`.
   *
   * @param onParts called with the value of each part, for a loss that is a sum
   * @returns the loss: the mean over the batch, before the update
   */
  accumulate(batch: Batch, onParts?: (parts: LossParts) => void): Promise<number>;
  /**
   * Makes one step of the optimizer with the mean of the accumulated gradients, clipped by its global norm.
   *
   * @param learningRate rounded to float32, as in checkpoints
   * @returns the global norm of the gradients before clipping; if it isn't finite, nothing is changed
   */
  update(learningRate: number): Promise<{ readonly gradientNorm: number }>;
  /** The loss without gradients or dropout. @param onParts as of `accumulate` */
  evaluate(batch: Batch, onParts?: (parts: LossParts) => void): Promise<number>;
  /**
   * The student's current embeddings: [texts, dimension].
   *
   * @param types token types, as in a batch
   * @param promptLength of every text, as in a batch. Default 0
   */
  embed(ids: readonly Int32Array[], types?: readonly Int32Array[], promptLength?: number): Promise<Float32Array>;
  /** The student's parameters by name, as a model is saved: views that the next update may change. */
  parameters(): Promise<ReadonlyMap<string, Tensor<"float32">>>;
  /** The state for a checkpoint: views that the next update changes, since a copy would take as much memory again. */
  state(): Promise<LearnerState>;
  /** @throws HpdError `invalid_model` where names or shapes are not those of this learner */
  restore(state: LearnerState): Promise<void>;
  dispose(): Promise<void>;
}
