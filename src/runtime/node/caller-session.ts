/**
 * The runtime on the thread that calls it, which it blocks: for scripts, and for programs that have threads of their
 * own.
 */
import { InThreadSession } from "../in-thread-session.ts";
import type { Session, SessionModel } from "../session.ts";
import { loadRuntime } from "./load-runtime.ts";
import { createModelSession } from "./native-session.ts";
import { disableTelemetry } from "./telemetry.ts";
import { startError } from "./thread.ts";

/**
 * @param threads that share an operation: the calling one, and others while it runs
 * @throws HpdError `unsupported` as `disableTelemetry`; `runtime` where it is missing or refuses the model; what
 *   `model` rejects with
 */
export async function createCallerSession(model: SessionModel | Promise<SessionModel>, threads = 1): Promise<Session> {
  disableTelemetry();
  const loaded = await model;
  try {
    return new InThreadSession(loadRuntime().Tensor, await createModelSession(loaded, threads), loaded);
  } catch (cause) {
    throw startError(cause);
  }
}
