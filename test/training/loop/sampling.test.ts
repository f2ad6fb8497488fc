/** Which dataset each batch is of, and how long that makes an epoch and a run. */
import { describe, expect, test } from "vitest";
import { epochLength, totalStepsIn } from "../../../src/training/loop/run-length.ts";
import { batchesOfDatasets, datasetOrder, datasetSeed } from "../../../src/training/loop/sampling.ts";

const dataset = (count: number, batchSize: number) => ({ train: { count }, batchSize });

/** Ten batches, the last one of 3; three; one. */
const datasets = [dataset(75, 8), dataset(48, 16), dataset(2, 4)];

test("in proportion: all batches of all, in an order of the seed and the epoch", () => {
  expect(batchesOfDatasets(datasets, "proportional")).toEqual([10, 3, 1]);
  const orders = [0, 1, 2].map((epoch) => [...datasetOrder([10, 3, 1], "proportional", 7, epoch)]);
  for (const order of orders) expect(order.toSorted()).toEqual([...Array(10).fill(0), 1, 1, 1, 2]);
  expect(new Set(orders.map(String)).size).toBe(3);
  expect([...datasetOrder([10, 3, 1], "proportional", 7, 1)]).toEqual(orders[1]);
  expect([...datasetOrder([10, 3, 1], "proportional", 8, 1)]).not.toEqual(orders[1]);
  // Mixed, not one after the other.
  const large = datasetOrder([500, 500], "proportional", 1, 0);
  expect(large.subarray(0, 500).filter((each) => each === 0).length).toBeGreaterThan(200);
});

test("round robin: one of each in turn, until the smallest has none left", () => {
  expect(batchesOfDatasets(datasets.slice(0, 2), "roundRobin")).toEqual([3, 3]);
  expect([...datasetOrder([3, 3], "roundRobin", 7, 0)]).toEqual([0, 1, 0, 1, 0, 1]);
});

test("the order of a dataset alone is that of the seed; others have their own", () => {
  expect(datasetSeed(42, 0)).toBe(42);
  expect(new Set([0, 1, 2, 3].map((index) => datasetSeed(42, index))).size).toBe(4);
  expect(datasetSeed(42, 1)).not.toBe(datasetSeed(43, 1));
});

describe("the length", () => {
  test("of an epoch", () => {
    expect(epochLength([dataset(75, 8)])).toEqual({ batches: 10, rows: 75, rowsPerBatch: 8 });
    expect(epochLength(datasets)).toEqual({ batches: 14, rows: 125, rowsPerBatch: (80 + 48 + 4) / 14 });
    expect(epochLength(datasets.slice(0, 2), "roundRobin")).toEqual({ batches: 6, rows: 24 + 48, rowsPerBatch: 12 });
  });

  test.each([
    ["whole epochs", { epochs: 2 }, 20],
    ["a part of an epoch", { epochs: 1.5 }, 10 + 5],
    ["accumulated: the last update of an epoch may have fewer", { epochs: 2, accumulationSteps: 4 }, 6],
    ["at most so many updates", { epochs: 2, maxSteps: 7 }, 7],
    ["at most so many rows", { epochs: 2, maxSamples: 75 + 9 }, 12],
  ])("of a run: %s", (_, options, expected) => {
    expect(totalStepsIn({ accumulationSteps: 1, ...options }, epochLength([dataset(75, 8)]))).toBe(expected);
  });

  test("of a run with a batch of each dataset in every update", () => {
    const length = epochLength(datasets.slice(0, 2), "roundRobin");
    expect(totalStepsIn({ accumulationSteps: 2, epochs: 3 }, length)).toBe(9);
    expect(totalStepsIn({ accumulationSteps: 2, epochs: 1 / 3 }, length)).toBe(1);
  });
});
