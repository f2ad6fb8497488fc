/**
 * DeBERTa's buckets of relative positions: near ones have their own, far ones share.
 * Source: `make_log_bucket_position` of transformers, `models/deberta_v2/modeling_deberta_v2.py`.
 */

/**
 * The row of a table of 2 `span` rows for each distance from -reach to reach, beyond which all have the outermost.
 *
 * @param maxDistance distance of the last bucket; undefined if each distance has its own row
 */
export function logBuckets(span: number, maxDistance: number | undefined): number[] {
  const rowOf = (distance: number) => {
    const bucket = maxDistance === undefined ? distance : logBucket(distance, span, maxDistance);
    return Math.min(Math.max(bucket + span, 0), 2 * span - 1);
  };
  // Buckets grow with distances: from where both ends are reached, nothing changes.
  let reach = 1;
  while (rowOf(-reach) > 0 || rowOf(reach) < 2 * span - 1) reach++;
  return Array.from({ length: 2 * reach + 1 }, (_, index) => rowOf(index - reach));
}

/** The bucket of a distance: in float32 step by step as torch, since the result is rounded up to an integer. */
function logBucket(distance: number, span: number, maxDistance: number): number {
  const middle = Math.floor(span / 2);
  const length = Math.abs(distance);
  if (length <= middle) return distance;
  const f = Math.fround;
  const logarithm = f(Math.log(f(length / middle)));
  const fraction = f(logarithm / f(Math.log(f((maxDistance - 1) / middle))));
  return Math.sign(distance) * (Math.ceil(f(fraction * (middle - 1))) + middle);
}
