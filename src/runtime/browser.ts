/**
 * The runtime in browsers: onnxruntime-web, which the page installs beside this package. It computes on the thread that
 * calls it, one run after the other: in a page whose interface should stay free, use hpd inside a Web Worker.
 */
import { HpdError } from "../errors.ts";
import { lookUp } from "./look-up.ts";
import { runSession } from "./run-session.ts";
import { runtimeError } from "./runtime-error.ts";
import type { Session, SessionModel, SessionOptions } from "./session.ts";

/** @throws HpdError `runtime` where onnxruntime-web is missing or refuses the model; what `model` rejects with */
export async function createSession(
  model: SessionModel | Promise<SessionModel>,
  _options: SessionOptions,
): Promise<Session> {
  const ort = await import("onnxruntime-web").catch((cause) => {
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
  let isDisposed = false;
  // The library does not take a run while another is under way.
  let before: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = before.then(work);
    before = turn.catch(() => {});
    return turn;
  };
  return {
    concurrency: 1,
    run: (inputs) =>
      inTurn(() => {
        if (isDisposed) throw new HpdError("disposed", "the model was disposed");
        return runSession(ort.Tensor, session, lookUp(loaded, inputs)).catch((cause) => {
          throw runtimeError("running the model failed", cause);
        });
      }),
    async dispose() {
      if (isDisposed) return;
      isDisposed = true;
      await inTurn(() => session.release());
    },
  };
}
