/**
 * A tensor whose elements are made when they are needed, so that a model's weights are never in memory all at once beside
 * what they become. It stands in a graph where a tensor does; whoever reads elements asks `elementsOf`.
 */
import { toFloat32 } from "./convert.ts";
import type { DType, DTypeArray } from "./dtype.ts";
import type { Tensor } from "./tensor.ts";

export class LazyTensor<D extends DType = DType> implements Tensor<D> {
  readonly dtype: D;
  readonly shape: readonly number[];
  /** The element type in which it is read. Another than `dtype` is widened to it. */
  readonly storedAs: DType;
  /** In `storedAs`. Nothing keeps what it gives. */
  readonly read: () => Promise<Tensor>;

  constructor(dtype: D, shape: readonly number[], read: () => Promise<Tensor>, storedAs: DType = dtype) {
    this.dtype = dtype;
    this.shape = shape;
    this.storedAs = storedAs;
    this.read = read;
  }

  get data(): DTypeArray[D] {
    throw new Error(`the elements of a tensor [${this.shape}] are not in memory`);
  }
}

/** The tensor with its elements, of its own `dtype`. */
export async function elementsOf<D extends DType>(tensor: Tensor<D>): Promise<Tensor<D>> {
  if (!(tensor instanceof LazyTensor)) return tensor;
  const read = await tensor.read();
  if (read.dtype === tensor.dtype) return read as Tensor<D>;
  return { dtype: "float32", shape: read.shape, data: toFloat32(read) } as Tensor<DType> as Tensor<D>;
}
