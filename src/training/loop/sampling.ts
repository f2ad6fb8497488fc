/**
 * Which dataset each batch of an epoch is of. It follows from the seed and the epoch alone, so a run can go on from any
 * batch. Source: sentence-transformers 6.2, `ProportionalBatchSampler` and `RoundRobinBatchSampler`.
 */
import { Random } from "../../random.ts";
import type { Dataset } from "./dataset.ts";

/**
 * - `proportional`: all batches of all datasets, in random order
 * - `roundRobin`: a batch of each in turn, until the dataset with the fewest batches has none left
 */
export const samplings = ["proportional", "roundRobin"] as const;

export type Sampling = (typeof samplings)[number];

/** What the length of an epoch depends on. */
export type DatasetSize = Pick<Dataset, "batchSize" | "rowsByLabel"> & { readonly train: { readonly count: number } };

/** Rows of an epoch. */
export function rowsOf({ train, rowsByLabel = train.count }: DatasetSize): number {
  return rowsByLabel;
}

/** Batches of an epoch that are of each dataset. */
export function batchesOfDatasets(datasets: readonly DatasetSize[], sampling: Sampling): number[] {
  const all = datasets.map((dataset) => Math.ceil(rowsOf(dataset) / dataset.batchSize));
  return sampling === "proportional" ? all : all.map(() => Math.min(...all));
}

/** @returns the number of the dataset of each batch of an epoch */
export function datasetOrder(batches: readonly number[], sampling: Sampling, seed: number, epoch: number): Uint16Array {
  const order = new Uint16Array(batches.reduce((sum, count) => sum + count, 0));
  if (sampling === "roundRobin") return order.map((_, batch) => batch % batches.length);
  let end = 0;
  for (const [dataset, count] of batches.entries()) {
    order.fill(dataset, end, end + count);
    end += count;
  }
  return Random.fromText(`datasets ${seed} ${epoch}`).shuffle(order);
}

/** The seed of a dataset's own order: that of the run for the first, and for others one that has nothing to do with it. */
export function datasetSeed(seed: number, dataset: number): number {
  return dataset === 0 ? seed : Random.fromText(`dataset ${seed} ${dataset}`).nextInteger(2 ** 32);
}
