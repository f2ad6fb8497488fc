/** A worker thread that answers one request at a time, and that lets the process exit while it is idle. */
import { type ResourceLimits, Worker } from "node:worker_threads";
import { HpdError } from "../../errors.ts";
import { runtimeError } from "../runtime-error.ts";
import type { Message, Reply } from "./messages.ts";
import { type BusyFlag, forget, markBusy } from "./native-work.ts";
import { disableTelemetry } from "./telemetry.ts";

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class Thread {
  readonly #busy: BusyFlag = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #waiting: Waiting | undefined;
  /** The error of all requests after the end. */
  #end: HpdError | undefined;
  #isClosing = false;

  /**
   * Starts the thread. Only for the main thread: a thread that another one started ends with it at once, even inside
   * the runtime, which aborts the process.
   *
   * @param file that calls `serve`
   * @param resourceLimits of JavaScript's memory there
   */
  constructor(file: URL, resourceLimits: ResourceLimits = {}) {
    disableTelemetry();
    // The flags of the process are not passed on: some, such as --input-type, keep a worker from starting.
    this.#worker = new Worker(file, { name: "hpd", workerData: this.#busy, execArgv: [], resourceLimits });
    this.#worker.on("message", (reply: Reply) => {
      // It is idle now. Not every platform lets a thread end by closing its port.
      if (reply === "closed") void this.#worker.terminate();
      else this.#settle((waiting) => ("error" in reply ? waiting.reject(reply.error) : waiting.resolve(reply.value)));
    });
    let cause: unknown;
    // Reported only at the exit, which follows, so that this thread gets no more work meanwhile.
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

  /** Resolves when the thread has ended, for whatever reason. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /**
   * Sends a request, one at a time. The process stays alive until the answer.
   *
   * @param transfer buffers that are moved to the thread, not copied
   * @throws HpdError `runtime` where the thread has ended; what the thread's handler threw, as a plain Error
   */
  ask(request: unknown, transfer: readonly ArrayBuffer[] = []): Promise<unknown> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      markBusy(this.#busy);
      this.#worker.postMessage({ request } satisfies Message, transfer);
    });
  }

  /**
   * Ends the thread when a request under way is done: `Worker.terminate` inside the runtime would abort the process.
   */
  async close(): Promise<void> {
    if (!this.#isClosing && this.#end === undefined) {
      this.#isClosing = true;
      this.#worker.ref();
      this.#worker.postMessage("close" satisfies Message);
    }
    await this.#exited;
  }

  #settle(settle: (waiting: Waiting) => void): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    forget(this.#busy);
    if (!this.#isClosing) this.#worker.unref();
    if (waiting !== undefined) settle(waiting);
  }
}

/** The error for a thread that can't start. */
export function startError(cause: unknown): HpdError {
  // The code of a resolution error does not survive the way between threads.
  const isMissing = /Cannot find (package|module) 'onnxruntime-node'/.test(String(cause));
  if (!isMissing) return runtimeError("the runtime did not start", cause);
  return new HpdError(
    "runtime",
    "onnxruntime-node is not installed (hpd needs the library, but not its install script): " +
      "npm install onnxruntime-node --ignore-scripts",
    { cause },
  );
}
