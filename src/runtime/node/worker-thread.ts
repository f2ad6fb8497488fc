/** One worker of the pool: starts it, gives it one request at a time, and lets the process exit while it is idle. */
import { Worker } from "node:worker_threads";
import { HpdError } from "../../errors.ts";
import { runtimeError } from "../runtime-error.ts";
import type { NamedTensors, SessionModel } from "../session.ts";
import type { Reply, Request } from "./messages.ts";
import { type BusyFlag, forget, markBusy } from "./native-work.ts";

/** The worker's file has the suffix that this file has: `.ts` in the sources, `.js` in what is published. */
const workerFile = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

export class WorkerThread {
  readonly #busy: BusyFlag = new Int32Array(new SharedArrayBuffer(4));
  // The flags of the process are none of the worker's: some, such as --input-type, keep it from starting.
  readonly #worker = new Worker(workerFile, { name: "hpd", workerData: this.#busy, execArgv: [] });
  readonly #exited: Promise<void>;
  #waiting: Waiting | undefined;
  /** Why the thread is no more. */
  #end: HpdError | undefined;
  #isClosing = false;

  private constructor() {
    this.#worker.on("message", (reply: Reply) => this.#settle((waiting) => waiting.resolve(reply)));
    let cause: unknown;
    // The exit follows, and only then is it told, so that nobody gives this thread more work meanwhile.
    this.#worker.on("error", (error) => {
      cause = error;
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once("exit", (code) => {
        const problem = `a worker thread ended with code ${code}`;
        const error = cause === undefined ? new HpdError("runtime", problem) : runtimeError(problem, cause);
        this.#end = error;
        this.#settle((waiting) => waiting.reject(error));
        resolve();
      });
    });
  }

  /**
   * The thread starts while the model may still be on its way.
   *
   * @throws HpdError `runtime` where the runtime is not installed or refuses the model; what `model` rejects with
   */
  static async start(model: SessionModel | Promise<SessionModel>): Promise<WorkerThread> {
    const thread = new WorkerThread();
    try {
      const reply = await thread.#ask({ type: "load", model: await model }, []);
      if ("error" in reply) throw startError(reply.error);
      return thread;
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  /** Resolves when the thread has ended, for whatever reason. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /** One at a time. @throws HpdError `runtime` with the cause. */
  async run(inputs: NamedTensors): Promise<NamedTensors> {
    const buffers = Object.values(inputs).map(({ data }) => data.buffer as ArrayBuffer);
    const reply = await this.#ask({ type: "run", inputs }, buffers);
    if ("outputs" in reply) return reply.outputs;
    throw runtimeError("running the model failed", reply.error);
  }

  /** Frees the session when a run under way is done: `Worker.terminate` inside the runtime would abort the process. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#worker.ref();
    this.#worker.postMessage({ type: "close" } satisfies Request);
    await this.#exited;
  }

  /** The process stays alive while a reply is awaited. */
  #ask(request: Request, transfer: ArrayBuffer[]): Promise<Reply> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      markBusy(this.#busy);
      this.#worker.postMessage(request, transfer);
    });
  }

  #settle(settle: (waiting: Waiting) => void): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    forget(this.#busy);
    if (!this.#isClosing) this.#worker.unref();
    if (waiting !== undefined) settle(waiting);
  }
}

function startError(cause: unknown): HpdError {
  // The code of a resolution error does not survive the way between threads.
  const isMissing = /Cannot find (package|module) 'onnxruntime-node'/.test(String(cause));
  if (!isMissing) return runtimeError("the runtime did not start", cause);
  return new HpdError(
    "runtime",
    "onnxruntime-node is not installed. Its installer may have failed to fetch CUDA libraries, which are not " +
      "needed here: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node",
    { cause },
  );
}
