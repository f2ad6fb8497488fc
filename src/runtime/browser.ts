/**
 * The runtime in browsers: onnxruntime-web, which the page installs beside this package. It computes on the thread that
 * calls it: in a page whose interface should stay free, use hpd inside a Web Worker.
 */
import { HpdError } from "../errors.ts";
import { InThreadSession } from "./in-thread-session.ts";
import { runtimeError } from "./runtime-error.ts";
import type { Session, SessionModel, SessionOptions } from "./session.ts";
import { withTables } from "./with-tables.ts";

/** @throws HpdError `runtime` where onnxruntime-web is missing or refuses the model; what `model` rejects with */
export async function createSession(
  model: SessionModel | Promise<SessionModel>,
  _options: SessionOptions,
): Promise<Session> {
  // The entry with the processor's kernels alone: 14 MB of WebAssembly, where the main one has 28.
  const ort = await import("onnxruntime-web/wasm").catch((cause) => {
    throw new HpdError("runtime", "onnxruntime-web is not installed: npm install onnxruntime-web", { cause });
  });
  const loaded = await model;
  const { weightsLocation: path, weights: data } = loaded;
  const session = await ort.InferenceSession.create(loaded.model, {
    executionProviders: ["wasm"],
    externalData: [{ path, data }],
    enableMemPattern: false,
  }).catch((cause) => {
    throw runtimeError("the runtime did not start", cause);
  });
  return withTables(new InThreadSession(ort.Tensor, session, loaded), loaded);
}
