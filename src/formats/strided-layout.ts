/** The layout of a strided view of a storage, and its copy in row-major order. */
import type { DType, DTypeArray } from "../tensor/dtype.ts";
import { elementCount } from "../tensor/tensor.ts";

export interface StridedLayout {
  readonly shape: readonly number[];
  /** Step of each axis in elements, at least 0: 0 repeats them. */
  readonly strides: readonly number[];
  /** Range of the elements needed: `begin` to `end`, exclusive. */
  readonly begin: number;
  readonly end: number;
}

/** All arguments are integers of at least 0; `end` may come out beyond 2^53, no longer exact. */
export function layoutOf(offset: number, shape: readonly number[], strides: readonly number[]): StridedLayout {
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, offset);
  return { shape, strides, begin: offset, end: shape.includes(0) ? offset : last + 1 };
}

/** @param elements those from `begin` to `end`; returned as they are where the order already is row-major */
export function rowMajor<T extends DTypeArray[DType]>(elements: T, { shape, strides }: StridedLayout): T {
  // Axes of one index would only cost time, and their strides say nothing.
  const axes = shape.map((size, axis) => ({ size, stride: strides[axis]!, index: 0 })).filter(({ size }) => size !== 1);
  const count = elementCount(shape);
  let contiguous = 1;
  const isRowMajor = axes.toReversed().every(({ size, stride }) => {
    const expected = contiguous;
    contiguous *= size;
    return stride === expected;
  });
  if (isRowMajor || count === 0) return elements;

  const result = new (elements.constructor as new (length: number) => T)(count);
  let from = 0;
  for (let to = 0; to < count; to++) {
    result[to] = elements[from]!;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const step = axes[axis]!;
      from += step.stride;
      if (++step.index < step.size) break;
      from -= step.size * step.stride;
      step.index = 0;
    }
  }
  return result;
}
