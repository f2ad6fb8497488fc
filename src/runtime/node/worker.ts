/**
 * The worker thread: one session of onnxruntime-node, whose `run` blocks the thread that calls it. One thread inside,
 * because workers side by side use the cores better than one session with many threads, and because the thread pools
 * of two sessions spin against each other.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { InferenceSession } from "onnxruntime-node";
import { lookUp } from "../look-up.ts";
import { runSession } from "../run-session.ts";
import type { SessionModel } from "../session.ts";
import type { Reply, Request } from "./messages.ts";
import { type BusyFlag, markDone } from "./native-work.ts";

const port = parentPort!;

// Loaded while the model is still being read; an error is met when the model comes.
const runtime = import("onnxruntime-node");
runtime.catch(() => {});

let loaded: { session: InferenceSession; model: SessionModel } | undefined;

port.on("message", async (request: Request) => {
  if (request.type === "close") {
    await loaded?.session.release();
    port.close();
    return;
  }
  const reply = await answer(request);
  markDone(workerData as BusyFlag);
  const buffers = "outputs" in reply ? Object.values(reply.outputs).map(({ data }) => data.buffer as ArrayBuffer) : [];
  port.postMessage(reply, buffers);
});

async function answer(request: Exclude<Request, { type: "close" }>): Promise<Reply> {
  try {
    if (request.type === "run") {
      const { session, model } = loaded!;
      const { Tensor } = await runtime;
      return { outputs: await runSession(Tensor, session, lookUp(model, request.inputs)) };
    }
    loaded = { session: await createSession(request.model), model: request.model };
    return { outputs: {} };
  } catch (error) {
    return { error };
  }
}

async function createSession({ model, weights, weightsLocation }: SessionModel): Promise<InferenceSession> {
  const { InferenceSession } = await runtime;
  return InferenceSession.create(model, {
    externalData: [{ path: weightsLocation, data: weights }],
    intraOpNumThreads: 1,
    // Plans memory for one shape; here every batch has another.
    enableMemPattern: false,
    logSeverityLevel: 3,
  });
}
