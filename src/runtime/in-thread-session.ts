/**
 * A session that computes on the thread that calls it, one run after the other: in browsers, and in Node with `workers:
 * 0`.
 */
import type { InferenceSession, TensorConstructor } from "onnxruntime-common";
import { HpdError } from "../errors.ts";
import { lookUp } from "./look-up.ts";
import { runSession } from "./run-session.ts";
import { runtimeError } from "./runtime-error.ts";
import type { NamedTensors, Session, SessionModel } from "./session.ts";

export class InThreadSession implements Session {
  readonly concurrency = 1;
  readonly #Tensor: TensorConstructor;
  readonly #session: InferenceSession;
  readonly #model: SessionModel;
  #isDisposed = false;
  /** The library doesn't take a run while another is under way. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(Tensor: TensorConstructor, session: InferenceSession, model: SessionModel) {
    this.#Tensor = Tensor;
    this.#session = session;
    this.#model = model;
  }

  run(inputs: NamedTensors): Promise<NamedTensors> {
    return this.#inTurn(async () => {
      if (this.#isDisposed) throw new HpdError("disposed", "the model was disposed");
      try {
        return await runSession(this.#Tensor, this.#session, lookUp(this.#model, inputs));
      } catch (cause) {
        throw runtimeError("running the model failed", cause);
      }
    });
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    await this.#inTurn(() => this.#session.release());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#before.then(work);
    this.#before = turn.catch(() => {});
    return turn;
  }
}
