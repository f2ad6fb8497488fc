/** The requests of a learner to its threads, and their answers. A thread has one request at a time. */
import type { NamedTensors } from "../../runtime/session.ts";
import type { AdamWOptions } from "../optimizer/adamw.ts";
import type { SharedMemory } from "./memory.ts";
import type { GradCacheModels, ProgramNoise } from "./program.ts";

export interface StartRequest {
  readonly type: "start";
  readonly train: Uint8Array;
  readonly evaluate: Uint8Array;
  readonly gradCache: GradCacheModels | undefined;
  /** Width of a row of embeddings: see `widthOf`. */
  readonly width: number;
  readonly noise: readonly ProgramNoise[];
  readonly memory: SharedMemory;
  readonly optimizer: AdamWOptions;
  /** Index of this thread: it owns a share of the parameters and of the tables' rows. */
  readonly index: number;
  readonly threads: number;
  /** Number of threads inside an operation of the runtime. */
  readonly intraOpThreads: number;
}

/** Asks to go on from what was written to the memory. */
export interface RestoreRequest {
  readonly type: "restore";
  /** Learning rates of the previous steps: [steps] */
  readonly learningRates: Float32Array;
}

export interface AccumulateRequest {
  readonly type: "accumulate";
  readonly microBatches: readonly NamedTensors[];
  /** Whether these gradients are added to those of earlier batches, or replace what is there. */
  readonly addsToGradients: boolean;
  /** Seed of dropout. */
  readonly seed: number;
}

export interface Accumulated {
  readonly loss: number;
  readonly rows: RowGradients;
}

/** Gradients by the rows of each table, one for each use of a row, in shared memory. */
export type RowGradients = readonly {
  /** [uses] */
  readonly ids: Int32Array;
  /** [uses, width] */
  readonly gradients: Float32Array;
}[];

/** Asks for the sum over threads of this thread's share of the gradients; the answer is the sum of its squares. */
export interface ReduceRequest {
  readonly type: "reduce";
  /** Indices of the threads that have gradients; the first thread always has some. */
  readonly contributors: readonly number[];
  /** The tables' gradients of each contributor. */
  readonly rows: readonly RowGradients[];
}

/** Asks for the optimizer's step of this thread's share, with the reduced gradients. */
export interface ApplyRequest {
  readonly type: "apply";
  /** Factor of the gradients: 1 / accumulations, times the clipping factor. */
  readonly factor: number;
  readonly learningRate: number;
}

export interface EvaluateRequest {
  readonly type: "evaluate";
  readonly microBatches: readonly NamedTensors[];
}

/** Asks for embeddings with the dropout of the `accumulate` that follows with the same micro-batches and seed. */
export interface EmbedRequest {
  readonly type: "embed";
  readonly microBatches: readonly NamedTensors[];
  readonly seed: number;
}

/** Asks for the loss of embeddings, in GradCache. */
export interface LossRequest {
  readonly type: "loss";
  /** Index of the objective. */
  readonly objective: number;
  readonly inputs: NamedTensors;
  readonly rows: number;
  readonly columns: number;
  /** Number of the loss's parts; 0 for a loss that is no sum. */
  readonly parts: number;
}

export interface LossOfEmbeddings {
  readonly loss: number;
  readonly parts: readonly number[];
  /** Gradients by the embeddings of each column: [rows, width] */
  readonly gradients: readonly Float32Array[];
  /** Gradients by the weight and the bias of the loss's layer; empty for a loss without one. */
  readonly ofLayer: readonly Float32Array[];
}

export interface Evaluated {
  /** The loss of the texts; 0 in GradCache. */
  readonly loss: number;
  /** The embeddings of all micro-batches: [texts, width] */
  readonly embeddings: Float32Array;
}

export type LearnerRequest =
  | StartRequest
  | RestoreRequest
  | AccumulateRequest
  | ReduceRequest
  | ApplyRequest
  | EvaluateRequest
  | EmbedRequest
  | LossRequest;
