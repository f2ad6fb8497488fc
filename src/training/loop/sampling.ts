/**
 * The dataset of each batch of an epoch. It depends on the seed and the epoch alone, so a run can be resumed at any
 * batch.
 * Source: sentence-transformers 6.2, `ProportionalBatchSampler` and `RoundRobinBatchSampler`.
 */
import { Random } from "../../random.ts";
import type { Dataset } from "./dataset.ts";

/**
 * The ways to alternate between datasets:
 * - `proportional`: all batches of all datasets, in random order
 * - `roundRobin`: a batch of each in turn, until the dataset with the fewest batches has none left
 */
export const samplings = ["proportional", "roundRobin"] as const;

export type Sampling = (typeof samplings)[number];

/** The part of a dataset that the length of an epoch depends on. */
export type DatasetSize = Pick<Dataset, "batchSize" | "rowsByLabel"> & { readonly train: { readonly count: number } };

/** Number of rows of an epoch. */
export function rowsOf({ train, rowsByLabel = train.count }: DatasetSize): number {
  return rowsByLabel;
}

/** The number of batches of each dataset in an epoch. */
export function batchesOfDatasets(datasets: readonly DatasetSize[], sampling: Sampling): number[] {
  const all = datasets.map((dataset) => Math.ceil(rowsOf(dataset) / dataset.batchSize));
  return sampling === "proportional" ? all : all.map(() => Math.min(...all));
}

/** @param batches of each dataset @returns the index of the dataset of each batch of an epoch */
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

/** The seed of a dataset's own order: the run's for the first, independent ones for the others. */
export function datasetSeed(seed: number, dataset: number): number {
  return dataset === 0 ? seed : Random.fromText(`dataset ${seed} ${dataset}`).nextInteger(2 ** 32);
}
