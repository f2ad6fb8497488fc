/**
 * The worker thread: one session of onnxruntime-node, whose `run` blocks the thread that calls it. One thread inside,
 * because workers side by side use the cores better than one session with many threads, and because the thread pools
 * of two sessions spin against each other.
 */
import { lookUp } from "../look-up.ts";
import { runSession } from "../run-session.ts";
import type { SessionModel } from "../session.ts";
import type { WorkerRequest } from "./messages.ts";
import { createNativeSession, type NativeSession } from "./native-session.ts";
import { type Answer, serve } from "./serve.ts";

// Loaded while the model is still being read; an error is met when the model comes.
const runtime = import("onnxruntime-node");
runtime.catch(() => {});

let loaded: { session: NativeSession; model: SessionModel } | undefined;

async function answer(request: WorkerRequest): Promise<Answer> {
  if (request.type === "load") {
    const { model, weights, weightsLocation } = request.model;
    // The runtime refuses an empty file; a model for training has its weights as inputs.
    const externalData = weights.length === 0 ? [] : [{ path: weightsLocation, data: weights }];
    loaded = { session: await createNativeSession(model, { externalData }), model: request.model };
    return { value: {}, transfer: [] };
  }
  const { session, model } = loaded!;
  const { Tensor } = await runtime;
  const outputs = await runSession(Tensor, session, lookUp(model, request.inputs));
  return { value: outputs, transfer: Object.values(outputs).map(({ data }) => data.buffer as ArrayBuffer) };
}

serve(answer, async () => loaded?.session.release());
