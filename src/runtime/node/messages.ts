/** The messages between a `Thread` and its program, and between a `ProcessSession` and its process. */
import type { HpdErrorCode } from "../../errors.ts";
import type { NamedTensors, SessionModel } from "../session.ts";
import type { Plan } from "./plan.ts";

/** A message to the thread: a request, one at a time, or the order to end. */
export type Message = { readonly request: unknown } | "close";

/** A message from the thread: a reply to each request, or that it may be ended. */
export type Reply = { readonly value: unknown } | { readonly error: unknown } | "closed";

/** A `Uint8Array` as its parts: Deno visits each element of a received array, 25 s for 34 MB. */
export interface SharedBytes {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly length: number;
}

/** A model without its weights, which are sent in another way. */
export type SentModel = Omit<SessionModel, "weights" | "tables">;

/** A request to a worker of the pool: first the model, then inputs. */
export type WorkerRequest =
  | {
      readonly type: "load";
      readonly model: SentModel;
      readonly weights: SharedBytes;
      /** Threads of the session. */
      readonly threads: number;
    }
  | { readonly type: "run"; readonly inputs: NamedTensors };

/** A request to a process: the model, its weights piece by piece, the order to load it, then inputs. */
export type ProcessRequest =
  | {
      readonly type: "model";
      readonly model: SentModel;
      readonly weightBytes: number;
      readonly plan: Plan;
    }
  | { readonly type: "weights"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly type: "load" }
  | { readonly type: "run"; readonly inputs: NamedTensors };

export interface ProcessMessage {
  readonly id: number;
  readonly request: ProcessRequest;
}

/** A reply of a process, one for each message, in any order. */
export type ProcessReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: HpdErrorCode; readonly message: string } };
