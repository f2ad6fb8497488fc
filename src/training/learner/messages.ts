/** What a learner asks of its threads. Each request is answered before the next one comes. */
import type { NamedTensors } from "../../runtime/session.ts";
import type { AdamWOptions } from "../optimizer/adamw.ts";
import type { SharedMemory } from "./memory.ts";
import type { LossesApart, ProgramNoise } from "./program.ts";

export interface StartRequest {
  readonly type: "start";
  readonly train: Uint8Array;
  readonly evaluate: Uint8Array;
  readonly apart: LossesApart | undefined;
  /** Of what the models give for a text. */
  readonly width: number;
  readonly noise: readonly ProgramNoise[];
  readonly memory: SharedMemory;
  readonly optimizer: AdamWOptions;
  /** Of this thread among all: it owns a part of the numbers and of the rows. */
  readonly index: number;
  readonly threads: number;
  /** Threads inside an operation of the runtime. */
  readonly threadsInside: number;
  /** Learning rates of the steps made before: [steps] */
  readonly learningRates: Float32Array;
}

export interface AccumulateRequest {
  readonly type: "accumulate";
  /** To be run one after another. */
  readonly pieces: readonly NamedTensors[];
  /** Whether this thread has gradients already, to which these are added. */
  readonly isMore: boolean;
  /** The seed of dropout's noise. */
  readonly seed: number;
}

export interface Accumulated {
  readonly loss: number;
  readonly rows: RowGradients;
}

/** Gradients by rows of each table, a row as often as it was used, in memory that all threads see. */
export type RowGradients = readonly {
  /** [uses] */
  readonly ids: Int32Array;
  /** [uses, width] */
  readonly gradients: Float32Array;
}[];

/** Sums this thread's part of the gradients of all; answered by the sum of their squares. */
export interface ReduceRequest {
  readonly type: "reduce";
  /** Threads that have gradients; the first of all is always among them. */
  readonly contributors: readonly number[];
  /** Of all threads, in their order. */
  readonly rows: readonly RowGradients[];
}

/** Makes the step with what was reduced, in this thread's part. */
export interface ApplyRequest {
  readonly type: "apply";
  /** That the gradients are multiplied with: the mean over accumulations, and clipping. */
  readonly factor: number;
  readonly learningRate: number;
}

export interface EvaluateRequest {
  readonly type: "evaluate";
  readonly pieces: readonly NamedTensors[];
}

/** Embeds as in training, with the noise of the `accumulate` that follows with the same pieces and seed. */
export interface EmbedRequest {
  readonly type: "embed";
  readonly pieces: readonly NamedTensors[];
  readonly seed: number;
}

/** Asks for the loss of embeddings, where it is a model of its own. */
export interface LossRequest {
  readonly type: "loss";
  /** The number of the objective. */
  readonly objective: number;
  readonly inputs: NamedTensors;
  readonly rows: number;
  readonly columns: number;
}

export interface LossOfEmbeddings {
  readonly loss: number;
  /** By the embeddings of each column: [rows, width] */
  readonly gradients: readonly Float32Array[];
  /** By the weight and the bias of the loss's layer, where it has one. */
  readonly ofLayer: readonly Float32Array[];
}

export interface Evaluated {
  /** 0 where the loss is a model of its own. */
  readonly loss: number;
  /** Of all pieces: [sentences, width] */
  readonly embeddings: Float32Array;
}

export type LearnerRequest =
  | StartRequest
  | AccumulateRequest
  | ReduceRequest
  | ApplyRequest
  | EvaluateRequest
  | EmbedRequest
  | LossRequest;
