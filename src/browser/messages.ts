/** The messages between a page and the model in its worker. */
import type { HpdErrorCode } from "../errors.ts";
import type { EncodeOptions, LoadOptions } from "../index.ts";

/** The options of `load` that can be sent. */
export type SentLoadOptions = Omit<LoadOptions, "onProgress" | "onWarning" | "signal" | "workers">;

/** The options of `encode` that can be sent. */
export type SentEncodeOptions = Omit<EncodeOptions<"float32">, "onProgress" | "signal" | "precision" | "outputValue">;

export type EncodeMethod = "encode" | "encodeQuery" | "encodeDocument";

export type Request =
  | { readonly type: "load"; readonly model: string; readonly options: SentLoadOptions }
  | {
      readonly type: EncodeMethod;
      readonly texts: readonly string[];
      readonly options: SentEncodeOptions;
    };

/** A request, and the number by which its answers name it. */
export type Asked = Request & { readonly id: number };

export interface Vectors {
  readonly data: Float32Array;
  readonly count: number;
  readonly dimension: number;
}

export interface Progressed {
  readonly file: string;
  readonly done: number;
  readonly total: number;
}

export type Answer = { readonly id: number } & (
  | { readonly type: "loaded"; readonly dimension: number }
  | { readonly type: "vectors"; readonly vectors: Vectors }
  | { readonly type: "failed"; readonly code: HpdErrorCode; readonly message: string }
  | { readonly type: "progress"; readonly progress: Progressed }
  | { readonly type: "warning"; readonly message: string }
);
