/**
 * The runtime on the thread that calls it, which it blocks: for scripts, and for programs that have threads of their
 * own.
 */
import { HpdError } from "../../errors.ts";
import { InThreadSession } from "../in-thread-session.ts";
import type { Session, SessionModel } from "../session.ts";
import { loadRuntime } from "./load-runtime.ts";
import { createModelSession } from "./native-session.ts";
import { disableTelemetry } from "./telemetry.ts";
import { startError } from "./thread.ts";

/**
 * @param threads that share an operation: the calling one, and others while it runs
 * @throws HpdError `unsupported` as `disableTelemetry`, and where typed arrays aren't Node's own; `runtime` where it is missing or refuses the model; what
 *   `model` rejects with
 */
export async function createCallerSession(model: SessionModel | Promise<SessionModel>, threads = 1): Promise<Session> {
  requireArraysOfNode();
  disableTelemetry();
  const loaded = await model;
  try {
    return new InThreadSession(loadRuntime().Tensor, await createModelSession(loaded, threads), loaded);
  } catch (cause) {
    throw startError(cause);
  }
}

/** The runtime takes no result whose array isn't a `Float32Array` of the globals: Jest's, and those that jsdom brings, are others. */
function requireArraysOfNode(): void {
  if (Buffer.alloc(0) instanceof Object.getPrototypeOf(Float32Array)) return;
  throw new HpdError(
    "unsupported",
    "workers: 0 needs the typed arrays of Node, in whose place are others, as Jest, jsdom and node:vm have them: " +
      "leave workers out",
  );
}
