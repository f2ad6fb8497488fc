/** Runs compiled graphs. Threads and processes are internal to this room. */
import type { Tensor } from "../tensor/tensor.ts";

/** A graph as ONNX: see `CompiledGraph`. */
export interface SessionModel {
  /** An ONNX model whose weights are external data. */
  readonly model: Uint8Array;
  readonly weights: Uint8Array;
  /** Resolves when the tables of `lookups` are in the weights; undefined where they are. No session can run before. */
  readonly tables?: Promise<void>;
  /** The name under which the model refers to its weights. */
  readonly weightsLocation: string;
  /** Inputs that are rows of a table in the weights: made before a run, so that no session has its own copy. */
  readonly lookups: readonly Lookup[];
  /** Bytes by which the weights grow in a session, which widens those of half precision; undefined for 0. */
  readonly widening?: number;
  /**
   * Whether two neighbouring int8 weights may come to more than 16 bits when they are multiplied. On x64 without VNNI, which
   * cuts such sums, the runtime has to take a slower form, and on no other processor: with VNNI it takes 1.6 times as long.
   */
  readonly sumsBeyond16Bits?: boolean;
}

export interface Lookup {
  /** The input of the model to make: [...ids, width] float32 */
  readonly input: string;
  /** The input that holds the row numbers, int32. */
  readonly ids: string;
  /** Element type of the table; rows are widened to float32. */
  readonly dtype: "float32" | "float16" | "bfloat16" | "int8";
  /** Offset of the table in the weights, in bytes. */
  readonly offset: number;
  /** Offset of a float32 for each row, its factor, of a table of int8. */
  readonly scales?: number;
  readonly rows: number;
  readonly width: number;
}

export interface SessionOptions {
  /**
   * Number of threads that compute, 0 for the calling one. Those of a small model have each a copy of its weights in the
   * runtime's format, those of a large one share it. Default in Node: one for each core, at most 8.
   */
  readonly workers?: number | undefined;
}

export type NamedTensors = Readonly<Record<string, Tensor>>;

export interface Session {
  /** Number of runs that make progress at the same time; further ones wait. */
  readonly concurrency: number;
  /** Whether a single text of so many tokens would be computed at once, whatever others wait for. Undefined: none is. */
  isAtOnce?(tokens: number): boolean;
  /**
   * The buffers of the inputs are moved, not copied: do not use them afterwards.
   *
   * @param tokens of a run for a single text that nothing waits beside, or for which `isAtOnce`: all threads may share it,
   *   and the calling thread may compute few tokens
   * @throws HpdError `runtime` with the cause where the run fails, `disposed` after `dispose`.
   */
  run(inputs: NamedTensors, tokens?: number): Promise<NamedTensors>;
  /** Frees everything. Runs under way reject with `disposed`. */
  dispose(): Promise<void>;
}
