/** What the pool and its workers say to each other. */
import type { NamedTensors, SessionModel } from "../session.ts";

/** To a worker: first the model, then runs, one at a time. `close` frees the session and ends the thread. */
export type Request =
  | { readonly type: "load"; readonly model: SessionModel }
  | { readonly type: "run"; readonly inputs: NamedTensors }
  | { readonly type: "close" };

/** From a worker: one answer to each request but `close`. */
export type Reply = { readonly outputs: NamedTensors } | { readonly error: unknown };
