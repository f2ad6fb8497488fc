/**
 * Tensors of float64 for tests, and nothing but what a plain formula needs: an element by its index, a tensor by a
 * formula for its elements.
 */
export interface Float64Tensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** The tensor whose element at each index is what `element` says. */
export function tabulate(shape: readonly number[], element: (index: readonly number[]) => number): Float64Tensor {
  const data = new Float64Array(shape.reduce((product, size) => product * size, 1));
  const index = new Array<number>(shape.length).fill(0);
  for (let place = 0; place < data.length; place++) {
    data[place] = element(index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return { shape, data };
}

/** The element at an index, of which the last axes count; an axis of size 1 has the same element everywhere. */
export function at(x: Float64Tensor, index: readonly number[]): number {
  return x.data[placeOf(x, index)]!;
}

export function placeOf({ shape }: Float64Tensor, index: readonly number[]): number {
  const skipped = index.length - shape.length;
  let place = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    place = place * shape[axis]! + (shape[axis] === 1 ? 0 : index[axis + skipped]!);
  }
  return place;
}

export function sumOver(count: number, term: (index: number) => number): number {
  let total = 0;
  for (let index = 0; index < count; index++) total += term(index);
  return total;
}

/** The row that an index lies in: along the last axis. */
export function rowAt(x: Float64Tensor, index: readonly number[]): number[] {
  const before = index.slice(0, -1);
  return Array.from({ length: x.shape.at(-1)! }, (_, column) => at(x, [...before, column]));
}

/** The error function to 1e-15 or so: its power series near 0, further out the continued fraction of erfc (Lentz). */
export function erf(x: number): number {
  if (x < 0) return -erf(-x);
  if (x < 3) {
    let term = x;
    let total = x;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(total); n++) {
      term *= (-x * x) / n;
      total += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * total;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (x + fraction);
  return 1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}
