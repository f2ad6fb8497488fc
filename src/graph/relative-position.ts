/**
 * Buckets of relative positions: near ones have their own, far ones share, and from `maxDistance` on all share one.
 * Source: `MPNetEncoder.relative_position_bucket` of transformers, after T5.
 */

/** The bucket of each distance key - query, from -maxDistance to maxDistance: `[2 maxDistance + 1]`. */
export function relativePositionBuckets(maxDistance: number, buckets: number): Int32Array {
  return Int32Array.from({ length: 2 * maxDistance + 1 }, (_, index) =>
    bucket(index - maxDistance, maxDistance, buckets),
  );
}

/** The bucket of a distance: in float32 step by step as torch, since the result is truncated to an integer. */
function bucket(distance: number, maxDistance: number, buckets: number): number {
  const half = Math.floor(buckets / 2);
  const exact = Math.floor(half / 2);
  const side = distance > 0 ? half : 0;
  const length = Math.abs(distance);
  if (length < exact) return side + length;
  const logarithm = Math.fround(Math.log(Math.fround(length / exact)));
  const fraction = Math.fround(logarithm / Math.fround(Math.log(maxDistance / exact)));
  return side + Math.min(exact + Math.trunc(Math.fround(fraction * (half - exact))), half - 1);
}
