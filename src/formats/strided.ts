/** Views of a storage by shape and strides, both counted in elements, as PyTorch has them. */
import type { DTypeArray } from "../tensor/dtype.ts";
import { elementCount } from "../tensor/tensor.ts";

/** Elements of the storage from the view's first to its last: 0 of an empty view. */
export function spannedElements(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((span, size, axis) => span + (size - 1) * (strides[axis] as number), 1);
}

/** Whether the view's elements lie in row-major order without gaps. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.includes(0)) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    if (size !== 1 && strides[axis] !== expected) return false;
    expected *= size;
  }
  return true;
}

/** A copy of the view's elements in row-major order. */
export function rowMajor<A extends DTypeArray[keyof DTypeArray]>(
  storage: A,
  shape: readonly number[],
  strides: readonly number[],
): A {
  const count = elementCount(shape);
  const result = new (storage.constructor as new (length: number) => A)(count);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < count; to++) {
    result[to] = storage[from] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      from -= (shape[axis] as number) * (strides[axis] as number);
      index[axis] = 0;
    }
  }
  return result;
}
