/**
 * The program of a worker thread of the pool, and that of a process which has the pool: one file, because whoever
 * bundles this library has to keep it apart. A thread has one session of onnxruntime-node, whose `run` blocks the
 * thread that calls it. `plan.ts` says how many threads compute inside.
 */
import { isMainThread } from "node:worker_threads";
import type { TensorConstructor } from "onnxruntime-common";
import { lookUp } from "../look-up.ts";
import { runSession } from "../run-session.ts";
import type { SessionModel } from "../session.ts";
import { loadRuntime } from "./load-runtime.ts";
import type { WorkerRequest } from "./messages.ts";
import { createModelSession, type NativeSession } from "./native-session.ts";
import { type Answer, serve } from "./serve.ts";
import { serveProcess } from "./serve-process.ts";

function serveThread(): void {
  // Loaded while the model is still being read; an error is met when the model comes.
  try {
    loadRuntime();
  } catch {}
  let loaded: { Tensor: TensorConstructor; session: NativeSession; model: SessionModel } | undefined;

  async function answer(request: WorkerRequest): Promise<Answer> {
    if (request.type === "load") {
      const { buffer, byteOffset, length } = request.weights;
      const model: SessionModel = { ...request.model, weights: new Uint8Array(buffer, byteOffset, length) };
      loaded = { Tensor: loadRuntime().Tensor, session: await createModelSession(model, request.threads), model };
      return { value: {}, transfer: [] };
    }
    const { Tensor, session, model } = loaded!;
    const outputs = await runSession(Tensor, session, lookUp(model, request.inputs));
    return { value: outputs, transfer: Object.values(outputs).map(({ data }) => data.buffer as ArrayBuffer) };
  }

  serve(answer, async () => loaded?.session.release());
}

if (isMainThread) serveProcess();
else serveThread();
