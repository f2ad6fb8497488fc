/** Buckets of relative positions against transformers 5.23: `MPNetEncoder.relative_position_bucket(key - query)`. */
import { expect, test } from "vitest";
import { relativePositionBuckets } from "../../src/graph/relative-position.ts";

const distances = [
  -511, -200, -129, -128, -127, -100, -91, -90, -64, -63, -46, -45, -33, -32, -31, -23, -22, -16, -15, -12, -11, -9, -8,
  -7, -1, 0, 1, 7, 8, 9, 11, 12, 16, 22, 23, 31, 32, 45, 46, 63, 64, 90, 91, 127, 128, 511,
];
const expected: [number, number[]][] = [
  [
    16,
    [
      7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 6, 6, 6, 6, 6, 5, 5, 5, 5, 5, 4, 4, 4, 1, 0, 9, 12, 12, 12, 13, 13, 13, 13, 14,
      14, 14, 14, 14, 15, 15, 15, 15, 15, 15, 15,
    ],
  ],
  [
    32,
    [
      15, 15, 15, 15, 15, 15, 15, 14, 14, 13, 13, 12, 12, 12, 11, 11, 10, 10, 9, 9, 8, 8, 8, 7, 1, 0, 17, 23, 24, 24,
      24, 25, 26, 26, 27, 27, 28, 28, 29, 29, 30, 30, 31, 31, 31, 31,
    ],
  ],
  [
    64,
    [
      31, 31, 31, 31, 31, 30, 29, 29, 26, 26, 24, 23, 21, 21, 21, 18, 18, 16, 15, 12, 11, 9, 8, 7, 1, 0, 33, 39, 40, 41,
      43, 44, 48, 50, 50, 53, 53, 55, 56, 58, 58, 61, 61, 63, 63, 63,
    ],
  ],
];

test.each(expected)("%i buckets are those of transformers", (count, buckets) => {
  const maxDistance = 128;
  const all = relativePositionBuckets(maxDistance, count);
  expect(all.length).toBe(2 * maxDistance + 1);
  const clamped = (distance: number) => Math.max(-maxDistance, Math.min(distance, maxDistance));
  expect(distances.map((distance) => all[clamped(distance) + maxDistance])).toEqual(buckets);
});
