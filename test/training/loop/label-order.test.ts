/** Batches of several labels with two rows each: how many rows an epoch has, and in what order. */
import { expect, test } from "vitest";
import { Random } from "../../../src/random.ts";
import { orderByLabel, rowsOfLabels } from "../../../src/training/loop/label-order.ts";

/** So many rows of each label, one label after another. */
function setOf(...counts: number[]) {
  const labels = counts.flatMap((count, label) => Array<number>(count).fill(label));
  return { count: labels.length, labelOf: (place: number) => labels[place]!, read: () => Promise.reject() };
}

// Lengths as GroupByLabelBatchSampler of sentence-transformers 6.2 counts them.
test.each([
  [[10, 10, 10], 6, 30],
  [[100, 4, 4], 4, 12],
  [[7, 5, 1], 4, 8],
  [[7, 7], 8, 12],
  [[7, 6, 3], 6, 12],
  [[9, 1, 1], 4, 0],
  [[3], 4, 0],
] as const)("rows of an epoch: %j in batches of %i", (counts, batchSize, expected) => {
  const { count, labelOf } = setOf(...counts);
  expect(rowsOfLabels(count, labelOf, batchSize)).toBe(expected);
});

test("every batch has two labels or more, each with two rows or more; no row comes twice", () => {
  for (const [counts, batchSize] of [
    [[20, 13, 8, 5, 2, 1], 8],
    [[50, 50], 4],
    [[3, 40, 2, 2, 2, 30], 6],
  ] as const) {
    const set = setOf(...counts);
    for (let seed = 0; seed < 20; seed++) {
      const order = orderByLabel(set, batchSize)(new Random(seed));
      expect(order.length).toBe(rowsOfLabels(set.count, set.labelOf, batchSize));
      expect(new Set(order).size).toBe(order.length);
      for (let start = 0; start < order.length; start += batchSize) {
        const labels = [...order.subarray(start, start + batchSize)].map(set.labelOf);
        const times = [...new Set(labels)].map((label) => labels.filter((each) => each === label).length);
        expect(times.length).toBeGreaterThan(1);
        expect(Math.min(...times)).toBeGreaterThan(1);
      }
    }
  }
  const [first, second] = [1, 2].map((seed) => String(orderByLabel(setOf(9, 9), 4)(new Random(seed))));
  expect(first).not.toBe(second);
});

test("where no label has another beside it, all rows in any order", () => {
  expect([...orderByLabel(setOf(5, 1), 4)(new Random(1))].toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
});
