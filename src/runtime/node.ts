/** The runtime under Node: onnxruntime-node in a pool of worker threads, so that the event loop stays free. */
import { availableParallelism } from "node:os";
import { HpdError } from "../errors.ts";
import { WorkerPool } from "./node/worker-pool.ts";
import type { Session, SessionModel, SessionOptions } from "./session.ts";

/** More workers than this seldom help, and each costs a copy of the weights. */
const mostDefaultWorkers = 8;

/**
 * The first worker starts at once, while the model may still be on its way.
 *
 * @throws HpdError `invalid_argument`; `runtime` where onnxruntime-node is missing or refuses the model; what `model`
 *   rejects with
 */
export function createSession(model: SessionModel | Promise<SessionModel>, options: SessionOptions): Promise<Session> {
  const workers = options.workers ?? Math.min(availableParallelism(), mostDefaultWorkers);
  if (!Number.isSafeInteger(workers) || workers < 1) {
    return Promise.reject(new HpdError("invalid_argument", `workers should be a positive integer, got ${workers}`));
  }
  return WorkerPool.create(model, workers);
}
