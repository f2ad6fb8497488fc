/** How many batches an epoch and how many updates a run have. */

export interface LengthOptions {
  /** Sentences of a batch. */
  readonly batchSize: number;
  /** Batches of an update. The last update of an epoch may have fewer. */
  readonly accumulationSteps: number;
  /** Passes over the sentences; a part of one too. */
  readonly epochs: number;
  /** Updates at most. */
  readonly maxSteps?: number | undefined;
  /** Stop after the update with which so many sentences were seen. */
  readonly maxSamples?: number | undefined;
}

export interface RunLength {
  readonly batchesPerEpoch: number;
  readonly totalSteps: number;
}

/** @param count sentences to train on */
export function runLength(options: LengthOptions, count: number): RunLength {
  const { batchSize, accumulationSteps, epochs, maxSteps = Infinity, maxSamples = Infinity } = options;
  const batchesPerEpoch = Math.ceil(count / batchSize);
  const stepsPerEpoch = Math.ceil(batchesPerEpoch / accumulationSteps);
  const samples = Math.min(Math.ceil(epochs * count), maxSamples);
  const wholeEpochs = Math.floor(samples / count);
  const rest = Math.ceil((samples - wholeEpochs * count) / (batchSize * accumulationSteps));
  return { batchesPerEpoch, totalSteps: Math.min(wholeEpochs * stepsPerEpoch + rest, maxSteps) };
}
