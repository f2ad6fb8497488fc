/** The number of batches of an epoch, and of updates of a run. */
import { batchesOfDatasets, type DatasetSize, rowsOf, type Sampling } from "./sampling.ts";

export interface LengthOptions {
  /** Batches per update. The last update of an epoch may have fewer. */
  readonly accumulationSteps: number;
  /** Passes over the rows, not necessarily whole. */
  readonly epochs: number;
  /** Maximum number of updates. */
  readonly maxSteps?: number | undefined;
  /** Number of rows after which to stop, at the end of an update. */
  readonly maxSamples?: number | undefined;
}

export interface EpochLength {
  readonly batches: number;
  /** Rows in these batches. */
  readonly rows: number;
  /** Rows of a full batch, the mean over all batches. */
  readonly rowsPerBatch: number;
}

/** @param sampling of several datasets */
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

/** @returns the number of updates of the run */
export function totalStepsIn(options: LengthOptions, { batches, rows, rowsPerBatch }: EpochLength): number {
  const { accumulationSteps, epochs, maxSteps = Infinity, maxSamples = Infinity } = options;
  const stepsPerEpoch = Math.ceil(batches / accumulationSteps);
  const samples = Math.min(Math.ceil(epochs * rows), maxSamples);
  const wholeEpochs = Math.floor(samples / rows);
  const rest = Math.ceil((samples - wholeEpochs * rows) / (rowsPerBatch * accumulationSteps));
  return Math.min(wholeEpochs * stepsPerEpoch + rest, maxSteps);
}
