/**
 * The worker thread: one session of onnxruntime-node, whose `run` blocks the thread that calls it. One thread inside,
 * because workers side by side use the cores better than one session with many threads, and because the thread pools
 * of two sessions spin against each other.
 */
import { parentPort } from "node:worker_threads";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { Tensor } from "../../tensor/tensor.ts";
import type { NamedTensors } from "../session.ts";
import type { Reply, Request, Start } from "./messages.ts";

const port = parentPort!;

try {
  const start = new Promise<Start>((resolve) => port.once("message", resolve));
  // Loaded while the model is still being read.
  const ort = await import("onnxruntime-node");
  await serve(ort, await start);
} catch (error) {
  port.postMessage({ error } satisfies Reply);
  port.close();
}

async function serve(
  ort: typeof import("onnxruntime-node"),
  { model, weights, weightsLocation }: Start,
): Promise<void> {
  const session = await ort.InferenceSession.create(model, {
    externalData: [{ path: weightsLocation, data: weights }],
    intraOpNumThreads: 1,
    // Plans memory for one shape; here every batch has another.
    enableMemPattern: false,
    logSeverityLevel: 3,
  });
  port.on("message", async (request: Request) => {
    if (request === "close") {
      await session.release();
      port.close();
      return;
    }
    try {
      const outputs = await run(ort.Tensor, session, request.inputs);
      const buffers = Object.values(outputs).map(({ data }) => data.buffer as ArrayBuffer);
      port.postMessage({ outputs } satisfies Reply, buffers);
    } catch (error) {
      port.postMessage({ error } satisfies Reply);
    }
  });
  port.postMessage("ready" satisfies Reply);
}

async function run(
  TensorClass: typeof OrtTensor,
  session: InferenceSession,
  inputs: NamedTensors,
): Promise<NamedTensors> {
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { dtype, data, shape }]) => [
      name,
      new TensorClass(dtype as "float32", data as Float32Array, shape),
    ]),
  );
  const results = await session.run(feeds);
  return Object.fromEntries(
    Object.entries(results).map(([name, { type, data, dims }]) => [
      name,
      // A copy, because the runtime's own memory can't be moved to another thread.
      { dtype: type, data: (data as Float32Array).slice(), shape: dims } as Tensor,
    ]),
  );
}
