/** Sums over many points, that k-means and its beginnings are made of. */

export function sum(values: Float32Array | Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
