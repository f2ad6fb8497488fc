/**
 * A tensor whose elements are read on demand, so that a model's weights are never in memory all at once beside their
 * compiled form. It stands in a graph where a tensor does; elements are read by `elementsOf`.
 */
import { toFloat32 } from "./convert.ts";
import type { DType, DTypeArray } from "./dtype.ts";
import type { Tensor } from "./tensor.ts";

export class LazyTensor<D extends DType = DType> implements Tensor<D> {
  readonly dtype: D;
  readonly shape: readonly number[];
  /** The element type that `read` gives; one other than `dtype` is widened to `dtype`. */
  readonly storedAs: DType;
  /**
   * Reads the elements in `storedAs`, into the given memory where that is possible. The result is not cached.
   */
  readonly read: (into?: Uint8Array) => Promise<Tensor>;

  constructor(dtype: D, shape: readonly number[], read: LazyTensor["read"], storedAs: DType = dtype) {
    this.dtype = dtype;
    this.shape = shape;
    this.storedAs = storedAs;
    this.read = read;
  }

  get data(): DTypeArray[D] {
    throw new Error(`the elements of a tensor [${this.shape}] are not in memory`);
  }
}

/**
 * The tensor with its elements, of its own `dtype`.
 *
 * @param into memory for their bytes, which is taken where that is possible
 */
export async function elementsOf<D extends DType>(tensor: Tensor<D>, into?: Uint8Array): Promise<Tensor<D>> {
  if (!(tensor instanceof LazyTensor)) return tensor;
  const read = await tensor.read(tensor.storedAs === tensor.dtype ? into : undefined);
  if (read.dtype === tensor.dtype) return read as Tensor<D>;
  return { dtype: "float32", shape: read.shape, data: toFloat32(read) } as Tensor<DType> as Tensor<D>;
}

/** A tensor as inference keeps it. */
export interface CompactForm {
  /** Half precision of a float32 tensor that is stored so, else the tensor's own element type. */
  readonly dtype: DType;
  /** Reads the elements, into the given memory where that is possible. */
  readonly read: (into: Uint8Array) => Promise<Tensor>;
}

export function compactForm(tensor: Tensor): CompactForm {
  if (tensor instanceof LazyTensor && (tensor.storedAs === "float16" || tensor.storedAs === "bfloat16")) {
    return { dtype: tensor.storedAs, read: tensor.read };
  }
  return { dtype: tensor.dtype, read: (into) => elementsOf(tensor, into) };
}
