/** A matrix of low rank that is learnt beside a linear layer's weight. */
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
  /** The ratio of x that is dropped on the way to `inner` while it learns. */
  readonly dropout: number;
}
