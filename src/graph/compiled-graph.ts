/** A graph compiled to an ONNX model, with its weights beside it. */

/** A graph compiled for a runtime. */
export interface CompiledGraph {
  /** An ONNX model without its weights. */
  readonly model: Uint8Array;
  /** The weights, in shared memory where there is any, so that workers need no copy of their own. */
  readonly weights: Uint8Array;
  /** Resolves when the tables of `lookups` are in the weights, too: no session needs them before it runs. */
  readonly tables: Promise<void>;
  /** The name under which the model refers to its weights. */
  readonly weightsLocation: string;
  /** Inputs that the runtime fills from a table in the weights: see `Lookup`. */
  readonly lookups: readonly EmittedLookup[];
  /** Bytes by which the weights grow in a session, which widens those of half precision. */
  readonly widening: number;
  /** Whether two neighbouring int8 weights are beyond `pairLevels`. */
  readonly sumsBeyond16Bits: boolean;
}

export interface EmittedLookup {
  readonly input: string;
  readonly ids: string;
  /** Element type of the table; rows of half precision are widened when they are read. */
  readonly dtype: LookupDType;
  readonly offset: number;
  /** Offset of the factors of int8 rows, float32. */
  readonly scales?: number;
  readonly rows: number;
  readonly width: number;
}

export type LookupDType = "float32" | "float16" | "bfloat16" | "int8";
