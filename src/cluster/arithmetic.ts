/** Sums over all points, for k-means. Long ones yield to the event loop. */
import type { Yielder } from "../common/yielder.ts";
import type { Embeddings } from "../tensor/embeddings.ts";

export function sum(values: Float32Array | Float64Array): number {
  let total = 0;
  // By index: iterators of typed arrays take ten times as long.
  for (let i = 0, end = values.length; i < end; i++) total += values[i]!;
  return total;
}

/** The variance of a dimension, averaged over all dimensions. */
export async function meanVariance({ data, count, dimension }: Embeddings, yielder: Yielder): Promise<number> {
  const means = new Float64Array(dimension);
  await yielder.inSteps(count, (start, end) => {
    for (let row = start, at = start * dimension; row < end; row++) {
      for (let i = 0; i < dimension; i++) means[i]! += data[at++]! / count;
    }
  });
  let squares = 0;
  await yielder.inSteps(count, (start, end) => {
    for (let row = start, at = start * dimension; row < end; row++) {
      for (let i = 0; i < dimension; i++) squares += (data[at++]! - means[i]!) ** 2;
    }
  });
  return squares / data.length;
}
