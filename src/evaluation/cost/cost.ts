/** The cost of a model: size, memory, speed. */

export interface Cost {
  /** Number of trained parameters. */
  readonly parameters: number;
  /** Size of the weight files. */
  readonly fileBytes: number;
  /** Size of the weights in memory, in the precision that the network computes with. */
  readonly weightBytes: number;
  /** Peak resident memory of a process that loads the model and encodes the texts. */
  readonly peakMemoryBytes: number;
  /** Throughput of one call with many texts, on all cores. */
  readonly sentencesPerSecond: number;
  /** Median latency of a call with one text. */
  readonly singleP50Milliseconds: number;
  /** 99th percentile of the latency of a call with one text. */
  readonly singleP99Milliseconds: number;
}

/** Size in bytes of a million vectors in float32, without any index. */
export function bytesPerMillionVectors(dimension: number): number {
  return 1e6 * dimension * Float32Array.BYTES_PER_ELEMENT;
}
