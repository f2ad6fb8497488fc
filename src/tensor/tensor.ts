/**
 * A tensor is a dtype, a shape and its elements in row-major order. There is no operations library here:
 * arithmetic happens in a graph.
 */
import { HpdError } from "../errors.ts";
import type { DType } from "./dtype.ts";
import { type DTypeArray, dtypeArray } from "./dtype.ts";

export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  /** Row-major elements; `float16` and `bfloat16` as their 16 bits, `bool` as 0 or 1. */
  readonly data: DTypeArray[D];
}

/** The number of elements of a shape: 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** @throws HpdError `invalid_argument` where the data does not fit the dtype or the shape. */
export function tensor<D extends DType>(dtype: D, shape: readonly number[], data: DTypeArray[D]): Tensor<D> {
  if (!(data instanceof dtypeArray[dtype])) {
    throw new HpdError("invalid_argument", `a ${dtype} tensor holds ${dtypeArray[dtype].name}, got ${data}`);
  }
  if (data.length !== elementCount(shape)) {
    throw new HpdError(
      "invalid_argument",
      `a tensor of shape [${shape}] has ${elementCount(shape)} elements, got ${data.length}`,
    );
  }
  return { dtype, shape, data };
}
