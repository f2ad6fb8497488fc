/** Runs a compiled graph, wherever that happens: nobody above this folder knows of threads. */
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
  /** Of the table; the rows are widened to float32. */
  readonly dtype: "float32" | "float16" | "bfloat16";
  /** Of the table, in bytes from the start of the weights. */
  readonly offset: number;
  readonly rows: number;
  readonly width: number;
}

export interface SessionOptions {
  /**
   * The most threads that run at once, 0 for the calling one. Each has its own copy of the weights in the runtime's own
   * form. Under Node one for each core where it is undefined, as far as memory goes.
   */
  readonly workers?: number | undefined;
}

export type NamedTensors = Readonly<Record<string, Tensor>>;

export interface Session {
  /** How many runs make progress at the same time. More may be asked for; they wait their turn. */
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
