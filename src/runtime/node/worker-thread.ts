/** One worker of the pool: starts it, gives it one request at a time, and lets the process exit while it is idle. */
import { Worker } from "node:worker_threads";
import { HpdError } from "../../errors.ts";
import type { NamedTensors, SessionModel } from "../session.ts";
import type { Reply, Request, Start } from "./messages.ts";

/** The worker's file has the suffix that this file has: `.ts` in the sources, `.js` in what is published. */
const workerFile = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

export class WorkerThread {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #waiting: Waiting | undefined;

  private constructor() {
    this.#worker = new Worker(workerFile, { name: "hpd" });
    this.#worker.on("message", (reply: Reply) => this.#settle((waiting) => waiting.resolve(reply)));
    this.#worker.on("error", (cause) => this.#fail("a worker thread failed", cause));
    this.#exited = new Promise((resolve) => {
      this.#worker.once("exit", (code) => {
        this.#fail(`a worker thread ended with code ${code}`, undefined);
        resolve();
      });
    });
  }

  /**
   * The thread starts while the model may still be on its way.
   *
   * @throws HpdError `runtime` where the runtime is not installed or refuses the model; what `model` rejects with.
   */
  static async start(model: SessionModel | Promise<SessionModel>): Promise<WorkerThread> {
    const thread = new WorkerThread();
    const ready = thread.#expectReply();
    // Met below, or of no interest any more.
    ready.catch(() => {});
    try {
      thread.#worker.postMessage((await model) satisfies Start);
    } catch (error) {
      await thread.#worker.terminate();
      throw error;
    }
    const reply = await ready;
    if (reply === "ready") return thread;
    await thread.#exited;
    throw startError("error" in reply ? reply.error : reply);
  }

  /** Resolves when the thread has ended, for whatever reason. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /** One at a time. @throws HpdError `runtime` with the cause. */
  async run(inputs: NamedTensors): Promise<NamedTensors> {
    const buffers = Object.values(inputs).map(({ data }) => data.buffer as ArrayBuffer);
    this.#worker.postMessage({ inputs } satisfies Request, buffers);
    const reply = await this.#expectReply();
    if (reply !== "ready" && "outputs" in reply) return reply.outputs;
    const cause = reply === "ready" ? undefined : reply.error;
    throw new HpdError("runtime", `running the model failed: ${messageOf(cause)}`, { cause });
  }

  /** Frees the session; a run under way ends with an error. */
  async close(): Promise<void> {
    this.#worker.ref();
    if (this.#waiting === undefined) this.#worker.postMessage("close" satisfies Request);
    else await this.#worker.terminate();
    await this.#exited;
  }

  /** The process stays alive while a reply is awaited. */
  #expectReply(): Promise<Reply> {
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  #settle(settle: (waiting: Waiting) => void): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#worker.unref();
    if (waiting !== undefined) settle(waiting);
  }

  #fail(message: string, cause: unknown): void {
    const reason = cause === undefined ? "" : `: ${messageOf(cause)}`;
    this.#settle((waiting) => waiting.reject(new HpdError("runtime", message + reason, { cause })));
  }
}

function startError(cause: unknown): HpdError {
  const isMissing = (cause as { code?: unknown } | undefined)?.code === "ERR_MODULE_NOT_FOUND";
  const message = isMissing
    ? "onnxruntime-node is not installed. Its installer may have failed to fetch CUDA libraries, which are not " +
      "needed here: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node"
    : `the runtime did not start: ${messageOf(cause)}`;
  return new HpdError("runtime", message, { cause });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
