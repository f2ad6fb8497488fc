/** Eigenvalues and eigenvectors of a symmetric matrix, in a thread of its own. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { packageFile } from "../../files/package-file.ts";

export interface EigenRequest {
  /** [size, size] */
  readonly matrix: Float64Array;
  readonly size: number;
}

export interface EigenReply {
  /** [size], the largest first. */
  readonly values: Float64Array;
  /** [size, size]: a row for each value, of length 1. */
  readonly vectors: Float64Array;
}

function workerFile(): URL {
  return packageFile(
    "dist/distillation/projection/hpd-eigen-worker.js",
    () => new URL("./hpd-eigen-worker.js", import.meta.url),
  );
}

/** @param matrix [size, size]. @throws the signal's reason */
export async function symmetricEigen(matrix: Float64Array, size: number, signal: AbortSignal): Promise<EigenReply> {
  const workerData: EigenRequest = { matrix, size };
  const worker = new Worker(workerFile(), { name: "hpd eigen", workerData, execArgv: [] });
  try {
    const [reply] = await once(worker, "message", { signal });
    return reply as EigenReply;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await worker.terminate();
  }
}
