/** A session of onnxruntime-node in the thread that calls this, which it blocks while it runs. */
import type { InferenceSession } from "onnxruntime-node";

export type NativeSession = InferenceSession;

/** @param options more than what every session here has */
export async function createNativeSession(
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<NativeSession> {
  const { InferenceSession } = await import("onnxruntime-node");
  return InferenceSession.create(model, {
    intraOpNumThreads: 1,
    // Plans memory for one shape; here every batch has another.
    enableMemPattern: false,
    logSeverityLevel: 3,
    ...options,
  });
}
