/** The runtime under Node: onnxruntime-node in worker threads, so that the event loop stays free. */
import { HpdError } from "../errors.ts";
import { createCallerSession } from "./node/caller-session.ts";
import { writesEnvironment } from "./node/telemetry.ts";
import { ThreadsSession } from "./node/threads-session.ts";
import type { Session, SessionModel, SessionOptions } from "./session.ts";
import { withTables } from "./with-tables.ts";

/**
 * The first worker starts at once, while the model may still be on its way.
 *
 * @throws HpdError `invalid_argument`; `runtime` where onnxruntime-node is missing or refuses the model; `not_found`
 *   where the worker's file is missing; what `model` rejects with
 */
export async function createSession(
  model: SessionModel | Promise<SessionModel>,
  { workers }: SessionOptions,
): Promise<Session> {
  if (workers !== undefined && (!Number.isSafeInteger(workers) || workers < 0)) {
    throw new HpdError(
      "invalid_argument",
      `workers should be a non-negative integer, 0 for the calling thread, got ${workers}`,
    );
  }
  return withTables(await start(model, workers), model);
}

async function start(model: SessionModel | Promise<SessionModel>, workers: number | undefined): Promise<Session> {
  if (workers === 0) return createCallerSession(model);
  if (writesEnvironment()) return ThreadsSession.create(model, workers);
  // Loaded where it is needed, with node:child_process.
  const { ProcessSession } = await import("./node/process-session.ts");
  return ProcessSession.create(model, workers);
}
