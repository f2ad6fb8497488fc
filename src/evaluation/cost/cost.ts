/** What a model costs to run and to store. */

export interface Cost {
  /** Numbers that training set. */
  readonly parameters: number;
  /** The size of the files that the weights are read from. */
  readonly fileBytes: number;
  /** The size of the weights as the network computes with them. */
  readonly weightBytes: number;
  /** Of a process that loads the model and encodes the texts: the most that was resident at any time. */
  readonly peakMemoryBytes: number;
  /** Many texts at once, on all cores. */
  readonly sentencesPerSecond: number;
  /** One text at a time: half of the calls take no longer. */
  readonly singleP50Milliseconds: number;
  /** One text at a time: 99 of 100 calls take no longer. */
  readonly singleP99Milliseconds: number;
}

/** A million vectors in float32, without any index. */
export function bytesPerMillionVectors(dimension: number): number {
  return 1e6 * dimension * Float32Array.BYTES_PER_ELEMENT;
}
