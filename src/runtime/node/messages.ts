/** What the pool and its workers say to each other. */
import type { NamedTensors, SessionModel } from "../session.ts";

export type WorkerData = SessionModel;

/** To a worker; `close` frees the session and ends the thread. */
export type Request = { readonly inputs: NamedTensors } | "close";

/** From a worker: first `ready` or an error of its start, then one answer to each request. */
export type Reply = "ready" | { readonly outputs: NamedTensors } | { readonly error: unknown };
