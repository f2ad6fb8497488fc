/** A session of onnxruntime-node in the thread that calls this, which it blocks while it runs. */
import type { InferenceSession } from "onnxruntime-node";
import type { SessionModel } from "../session.ts";
import { addsIn16Bits } from "./adds-in-16-bits.ts";
import { loadRuntime } from "./load-runtime.ts";

export type NativeSession = InferenceSession;

/**
 * @param options more than what every session here has
 * @throws as `loadRuntime`; what the runtime throws, an Error, where it refuses the model
 */
export async function createNativeSession(
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<NativeSession> {
  return loadRuntime().InferenceSession.create(model, {
    intraOpNumThreads: 1,
    // Plans memory for one shape; here every batch has another.
    enableMemPattern: false,
    logSeverityLevel: 3,
    ...options,
  });
}

/**
 * @param threads that share an operation
 * @throws as `createNativeSession`
 */
export function createModelSession(
  { model, weights, weightsLocation, sumsBeyond16Bits = false }: SessionModel,
  threads: number,
): Promise<NativeSession> {
  return createNativeSession(model, {
    // The runtime refuses an empty file; a model for training has its weights as inputs.
    externalData: weights.length === 0 ? [] : [{ path: weightsLocation, data: weights }],
    intraOpNumThreads: threads,
    // Between two runs the threads would wait for work at full speed.
    extra: {
      session: { force_spinning_stop: "1", ...(sumsBeyond16Bits && addsIn16Bits() && { x64quantprecision: "1" }) },
    },
  });
}
