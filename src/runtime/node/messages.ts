/** What a `Thread` and what it runs say to each other. */
import type { NamedTensors, SessionModel } from "../session.ts";

/** To the thread: requests, one at a time, and the word to end. */
export type Message = { readonly request: unknown } | "close";

/** From the thread: one for each request. */
export type Reply = { readonly value: unknown } | { readonly error: unknown };

/** To a worker of the pool: first the model, then inputs to run it with. */
export type WorkerRequest =
  | { readonly type: "load"; readonly model: SessionModel }
  | { readonly type: "run"; readonly inputs: NamedTensors };
