import { expect, test } from "vitest";
import { counted, sizeText } from "../../src/common/numbers.ts";

test("one is one, all else are several", () => {
  expect([0, 1, 2, 1234].map((count) => counted(count, "row"))).toEqual(["0 rows", "1 row", "2 rows", "1,234 rows"]);
  expect([1, 3].map((count) => counted(count, "batch", "batches"))).toEqual(["1 batch", "3 batches"]);
});

test("a size is never 0.0", () => {
  const sizes = [1, 999, 1000, 49_999, 99_999, 100_000, 12_345_678, 999_999_999, 1_234_000_000];
  expect(sizes.map(sizeText)).toEqual([
    ...["1 kB", "1 kB", "1 kB", "50 kB", "100 kB", "0.1 MB", "12.3 MB", "1000.0 MB", "1.2 GB"],
  ]);
});
