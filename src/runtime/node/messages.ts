/** What a `Thread` and what it runs say to each other, and a `ProcessSession` and its process. */
import type { HpdErrorCode } from "../../errors.ts";
import type { NamedTensors, SessionModel } from "../session.ts";

/** To the thread: requests, one at a time, and the word to end. */
export type Message = { readonly request: unknown } | "close";

/** From the thread: one for each request, and the word that it may be ended. */
export type Reply = { readonly value: unknown } | { readonly error: unknown } | "closed";

/** Bytes of a `Uint8Array` as its parts: Deno looks at each element of an array that comes, 25 s for 34 MB. */
export interface SharedBytes {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly length: number;
}

/** To a worker of the pool: first the model, then inputs to run it with. */
export type WorkerRequest =
  | { readonly type: "load"; readonly model: Omit<SessionModel, "weights">; readonly weights: SharedBytes }
  | { readonly type: "run"; readonly inputs: NamedTensors };

/** What a process is sent: the model, its weights piece by piece, the word to load it, then inputs to run it with. */
export type ProcessRequest =
  | {
      readonly type: "model";
      readonly model: Omit<SessionModel, "weights">;
      readonly weightBytes: number;
      readonly workers: number;
    }
  | { readonly type: "weights"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly type: "load" }
  | { readonly type: "run"; readonly inputs: NamedTensors };

export interface ProcessMessage {
  readonly id: number;
  readonly request: ProcessRequest;
}

/** From a process: one for each message, in any order. */
export type ProcessReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: HpdErrorCode; readonly message: string } };
