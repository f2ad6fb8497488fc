/** How many batches an epoch and how many updates a run have. */
import { batchesOfDatasets, type DatasetSize, rowsOf, type Sampling } from "./sampling.ts";

export interface LengthOptions {
  /** Batches of an update. The last update of an epoch may have fewer. */
  readonly accumulationSteps: number;
  /** Passes over the rows; a part of one too. */
  readonly epochs: number;
  /** Updates at most. */
  readonly maxSteps?: number | undefined;
  /** Stop after the update with which so many rows were seen. */
  readonly maxSamples?: number | undefined;
}

export interface EpochLength {
  readonly batches: number;
  /** In these batches. */
  readonly rows: number;
  /** Of a batch that is full, the mean over the datasets. */
  readonly rowsPerBatch: number;
}

/** @param sampling makes a difference to several datasets alone */
export function epochLength(datasets: readonly DatasetSize[], sampling: Sampling = "proportional"): EpochLength {
  const batches = batchesOfDatasets(datasets, sampling);
  const sum = (of: (dataset: DatasetSize, index: number) => number) =>
    datasets.reduce((total, dataset, index) => total + of(dataset, index), 0);
  const count = sum((_, index) => batches[index]!);
  return {
    batches: count,
    rows: sum((dataset, index) => Math.min(rowsOf(dataset), batches[index]! * dataset.batchSize)),
    rowsPerBatch: sum(({ batchSize }, index) => batches[index]! * batchSize) / count,
  };
}

/** @returns updates of the run */
export function totalStepsIn(options: LengthOptions, { batches, rows, rowsPerBatch }: EpochLength): number {
  const { accumulationSteps, epochs, maxSteps = Infinity, maxSamples = Infinity } = options;
  const stepsPerEpoch = Math.ceil(batches / accumulationSteps);
  const samples = Math.min(Math.ceil(epochs * rows), maxSamples);
  const wholeEpochs = Math.floor(samples / rows);
  const rest = Math.ceil((samples - wholeEpochs * rows) / (rowsPerBatch * accumulationSteps));
  return Math.min(wholeEpochs * stepsPerEpoch + rest, maxSteps);
}
