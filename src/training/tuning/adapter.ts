/** A low-rank adapter (LoRA) of a linear layer. */
import type { Tensor } from "../../tensor/tensor.ts";

export interface AdapterMatrix {
  readonly name: string;
  readonly tensor: Tensor<"float32">;
}

/** The layer computes W x + b + scale * outer (inner x). */
export interface Adapter {
  /** The name of W, [out, in]. */
  readonly weight: string;
  /** [rank, in] */
  readonly inner: AdapterMatrix;
  /** [out, rank] */
  readonly outer: AdapterMatrix;
  readonly scale: number;
  /** Dropout ratio of the input x of `inner` in training. */
  readonly dropout: number;
}
