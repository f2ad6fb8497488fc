/** One worker of the pool: a thread with a session of its own. */
import { HpdError } from "../../errors.ts";
import { runtimeError } from "../runtime-error.ts";
import type { NamedTensors, SessionModel } from "../session.ts";
import type { WorkerRequest } from "./messages.ts";
import type { Plan } from "./plan.ts";
import { startError, Thread } from "./thread.ts";
import { workerFile } from "./worker-file.ts";

/** Nothing that JavaScript makes there lasts: by default it would keep ten times as much before it cleans up. */
const resourceLimits = { maxYoungGenerationSizeMb: 4 };

/** A plan can be made only when the model is there. */
export type MakePlan = (model: SessionModel) => Plan;

export class WorkerThread {
  readonly #thread = new Thread(workerFile(), resourceLimits);

  private constructor() {}

  /**
   * The thread starts while the model may still be on its way.
   *
   * @throws HpdError `runtime` where the runtime is not installed or refuses the model; what `model` rejects with
   */
  static async start(model: SessionModel | Promise<SessionModel>, plan: MakePlan): Promise<WorkerThread> {
    const worker = new WorkerThread();
    try {
      const loaded = await model;
      const { weights, tables: _, ...rest } = loaded;
      const { buffer, byteOffset, length } = weights;
      const { threads } = plan(loaded);
      await worker.#ask(
        { type: "load", model: rest, weights: { buffer, byteOffset, length }, threads },
        [],
        startError,
      );
      return worker;
    } catch (error) {
      await worker.close();
      throw error;
    }
  }

  /** Resolves when the thread has ended, for whatever reason. */
  get exited(): Promise<void> {
    return this.#thread.exited;
  }

  /** One at a time. @throws HpdError `runtime` with the cause. */
  async run(inputs: NamedTensors): Promise<NamedTensors> {
    const buffers = Object.values(inputs).map(({ data }) => data.buffer as ArrayBuffer);
    const failed = (cause: unknown) => runtimeError("running the model failed", cause);
    return (await this.#ask({ type: "run", inputs }, buffers, failed)) as NamedTensors;
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  async #ask(request: WorkerRequest, transfer: ArrayBuffer[], failed: (cause: unknown) => HpdError): Promise<unknown> {
    try {
      return await this.#thread.ask(request, transfer);
    } catch (error) {
      // The end of the thread is reported unchanged.
      throw error instanceof HpdError ? error : failed(error);
    }
  }
}
