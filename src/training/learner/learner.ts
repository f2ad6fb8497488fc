/**
 * What a training loop drives: a student that learns batch by batch. It hides graphs, threads and the optimizer; the
 * loop decides what comes when, at which learning rate, and what is kept.
 */
import type { Tensor } from "../../tensor/tensor.ts";
import type { Labels } from "../data/training-set.ts";

export interface Batch {
  /** Token ids of the texts of each column, special tokens included, cut to the student's maximum length. */
  readonly columns: readonly (readonly Int32Array[])[];
  /** Which of two texts each token belongs to, of a student that is told: of the same form as `columns`. */
  readonly types?: readonly (readonly Int32Array[])[] | undefined;
  /** Of each column, tokens at the start of its texts that pooling leaves out where it leaves out prompts. Default 0. */
  readonly promptLengths?: readonly number[];
  /** What the loss takes beside their embeddings. */
  readonly labels: Labels;
  /** The number of the objective that it is for. Default 0, the first. */
  readonly objective?: number;
}

/** All that an interrupted run needs to go on as if nothing had happened. */
export interface LearnerState {
  /** Updates made so far. */
  readonly step: number;
  /** Parameters and the optimizer's moments by name, float32; of a checkpoint, each is read when it is needed. */
  readonly tensors: ReadonlyMap<string, Tensor<"float32">>;
}

export interface Learner {
  /** Of the student's embeddings. */
  readonly dimension: number;
  /**
   * Adds the gradients of the batch's loss to those that wait for `update`.
   *
   * @returns the loss: the mean over the batch, before the update
   */
  accumulate(batch: Batch): Promise<number>;
  /**
   * One step of the optimizer with the mean of what was accumulated, clipped by its global norm.
   *
   * @param learningRate is rounded to float32, so that a resumed run has the very same
   * @returns the global norm of the gradients before clipping. Where it isn't finite nothing is changed.
   */
  update(learningRate: number): Promise<{ readonly gradientNorm: number }>;
  /** The loss without gradients or dropout. */
  evaluate(batch: Batch): Promise<number>;
  /**
   * The student's embeddings as it is now: [sentences, dimension].
   *
   * @param types as those of a batch
   * @param promptLength tokens at the start of each that pooling leaves out where it leaves out prompts. Default 0
   */
  embed(ids: readonly Int32Array[], types?: readonly Int32Array[], promptLength?: number): Promise<Float32Array>;
  /** The student's parameters by name, to be saved with the model: they may change with the next update. */
  parameters(): Promise<ReadonlyMap<string, Tensor<"float32">>>;
  /** What a checkpoint holds. It changes with the next update, since a copy would take as much memory as the learner. */
  state(): Promise<LearnerState>;
  /** @throws HpdError `invalid_model` where names or shapes are not those of this learner. */
  restore(state: LearnerState): Promise<void>;
  dispose(): Promise<void>;
}
