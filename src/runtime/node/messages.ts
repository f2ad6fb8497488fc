/** What the pool and its workers say to each other. */
import type { NamedTensors, SessionModel } from "../session.ts";

/** The first message to a worker. */
export type Start = SessionModel;

/** All later ones; `close` frees the session and ends the thread. */
export type Request = { readonly inputs: NamedTensors } | "close";

/** From a worker: `ready` when it has the model, or an error, then one answer to each request. */
export type Reply = "ready" | { readonly outputs: NamedTensors } | { readonly error: unknown };
