/** Runs compiled graphs. Threads and processes are internal to this room. */
import type { Tensor } from "../tensor/tensor.ts";

/** A graph as ONNX: see `CompiledGraph`. */
export interface SessionModel {
  /** An ONNX model whose weights are external data. */
  readonly model: Uint8Array;
  readonly weights: Uint8Array;
  /** The name under which the model refers to its weights. */
  readonly weightsLocation: string;
  /** Inputs that are rows of a table in the weights: made before a run, so that no session has its own copy. */
  readonly lookups: readonly Lookup[];
}

export interface Lookup {
  /** The input of the model to make: [...ids, width] float32 */
  readonly input: string;
  /** The input that holds the row numbers, int32. */
  readonly ids: string;
  /** Element type of the table; rows are widened to float32. */
  readonly dtype: "float32" | "float16" | "bfloat16";
  /** Offset of the table in the weights, in bytes. */
  readonly offset: number;
  readonly rows: number;
  readonly width: number;
}

export interface SessionOptions {
  /**
   * Maximum number of threads, 0 for the calling one. Each has its own copy of the weights in the runtime's format.
   * Default in Node: one for each core, as far as memory allows.
   */
  readonly workers?: number | undefined;
}

export type NamedTensors = Readonly<Record<string, Tensor>>;

export interface Session {
  /** Number of runs that make progress at the same time; further ones wait. */
  readonly concurrency: number;
  /**
   * The buffers of the inputs are moved, not copied: do not use them afterwards.
   *
   * @throws HpdError `runtime` with the cause where the run fails, `disposed` after `dispose`.
   */
  run(inputs: NamedTensors): Promise<NamedTensors>;
  /** Frees everything. Runs under way reject with `disposed`. */
  dispose(): Promise<void>;
}
