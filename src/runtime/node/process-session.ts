/**
 * A pool of worker threads in a process of its own, for a program that loads a model in a worker thread. Whatever ends
 * that thread, `Worker.terminate` or the end of the program, ends the threads that it started with it, also inside the
 * runtime, and native code that comes back to a thread without JavaScript aborts the process. Nothing tells such a
 * thread before. A child process can be left at any time; and its environment is its own, so that telemetry is off
 * there. For that alone it is used in Bun and in Jest.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { HpdError } from "../../errors.ts";
import { runtimeError } from "../runtime-error.ts";
import type { NamedTensors, Session, SessionModel } from "../session.ts";
import type { ProcessMessage, ProcessReply, ProcessRequest } from "./messages.ts";
import { type Plan, planOf } from "./plan.ts";
import { environmentWithoutTelemetry } from "./telemetry.ts";
import { workerFile } from "./worker-file.ts";

/** Bytes of one message with weights: a message is in memory several times. */
const weightBytesAtOnce = 2 ** 24;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * The environment of the child. glibc reads at its start from which size on memory is given back when it is freed; by
 * itself it raises that beyond the size of weights, of which the runtime frees as many as it keeps.
 */
function childEnvironment(): NodeJS.ProcessEnv {
  return { MALLOC_MMAP_THRESHOLD_: "1048576", ...environmentWithoutTelemetry() };
}

export class ProcessSession implements Session {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #plan: Plan = { sessions: 1, threads: 1 };
  /** The error of all requests after the end. */
  #end: HpdError | undefined;

  private constructor() {
    // `advanced` supports typed arrays. The flags of the program are not passed to the child.
    this.#child = fork(fileURLToPath(workerFile()), [], {
      serialization: "advanced",
      execArgv: [],
      env: childEnvironment(),
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child.on("message", (reply: ProcessReply) => {
      const waiting = this.#take(reply.id);
      if ("error" in reply) waiting?.reject(new HpdError(reply.error.code, reply.error.message));
      else waiting?.resolve(reply.value);
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once("error", (cause) => {
        this.#fail(runtimeError("the process of the runtime did not start", cause));
        resolve();
      });
      this.#child.once("exit", (code, signal) => {
        this.#fail(new HpdError("runtime", `the process of the runtime ended with ${signal ?? `code ${code}`}`));
        resolve();
      });
    });
  }

  get concurrency(): number {
    return this.#plan.sessions;
  }

  /** @throws HpdError `runtime` where the process can't start, or as `WorkerPool`; what `model` rejects with */
  static async create(model: SessionModel | Promise<SessionModel>, workers?: number): Promise<ProcessSession> {
    // The process starts while the model may still be on its way.
    const session = new ProcessSession();
    try {
      const loaded = await model;
      const { weights, tables, ...rest } = loaded;
      await tables;
      session.#plan = planOf(loaded, workers);
      await session.#ask({ type: "model", model: rest, weightBytes: weights.length, plan: session.#plan });
      for (let offset = 0; offset < weights.length; offset += weightBytesAtOnce) {
        await session.#ask({ type: "weights", offset, bytes: weights.slice(offset, offset + weightBytesAtOnce) });
      }
      await session.#ask({ type: "load" });
      return session;
    } catch (error) {
      await session.dispose();
      throw error;
    }
  }

  run(inputs: NamedTensors): Promise<NamedTensors> {
    return this.#ask({ type: "run", inputs }) as Promise<NamedTensors>;
  }

  async dispose(): Promise<void> {
    this.#fail(new HpdError("disposed", "the model was disposed"));
    // Its end is waited for.
    this.#child.ref();
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited;
  }

  #ask(request: ProcessRequest): Promise<unknown> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#keepAlive();
      this.#child.send({ id, request } satisfies ProcessMessage, (cause) => {
        if (cause) this.#take(id)?.reject(runtimeError("the process of the runtime can't be reached", cause));
      });
    });
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    this.#keepAlive();
    return waiting;
  }

  #fail(error: HpdError): void {
    this.#end ??= error;
    for (const id of [...this.#waiting.keys()]) this.#take(id)!.reject(this.#end);
  }

  /** Lets the thread end while nothing is awaited. */
  #keepAlive(): void {
    const method = this.#waiting.size > 0 ? "ref" : "unref";
    this.#child[method]();
    // Bun's channel has neither, and counts by itself.
    this.#child.channel?.[method]?.();
  }
}
