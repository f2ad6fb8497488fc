/**
 * A session in worker threads. The first worker starts at once, so that a bad model fails early; others start when
 * there is work for them. A worker that dies fails the run it had, and another takes its place.
 */
import { HpdError } from "../../errors.ts";
import type { NamedTensors, Session, SessionModel } from "../session.ts";
import { defaultWorkers } from "./default-workers.ts";
import { WorkerThread } from "./worker-thread.ts";

interface Job {
  readonly inputs: NamedTensors;
  resolve(outputs: NamedTensors): void;
  reject(error: unknown): void;
}

export class WorkerPool implements Session {
  readonly concurrency: number;
  readonly #model: SessionModel | Promise<SessionModel>;
  readonly #threads = new Set<WorkerThread>();
  readonly #idle: WorkerThread[] = [];
  readonly #queue: Job[] = [];
  readonly #starting = new Set<Promise<void>>();
  #disposed = false;

  private constructor(model: SessionModel | Promise<SessionModel>, workers: number) {
    this.#model = model;
    this.concurrency = workers;
  }

  /** @param workers at most; as many as are good for the model where it is undefined */
  static async create(model: SessionModel | Promise<SessionModel>, workers?: number): Promise<WorkerPool> {
    const first = await WorkerThread.start(model);
    const pool = new WorkerPool(model, workers ?? defaultWorkers(await model));
    pool.#add(first);
    return pool;
  }

  run(inputs: NamedTensors): Promise<NamedTensors> {
    if (this.#disposed) return Promise.reject(disposedError());
    return new Promise((resolve, reject) => {
      this.#queue.push({ inputs, resolve, reject });
      this.#dispatch();
    });
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const job of this.#queue.splice(0)) job.reject(disposedError());
    await Promise.all([...[...this.#threads].map((thread) => thread.close()), ...this.#starting]);
  }

  #add(thread: WorkerThread): void {
    this.#threads.add(thread);
    this.#idle.push(thread);
    void thread.exited.then(() => {
      this.#threads.delete(thread);
      const index = this.#idle.indexOf(thread);
      if (index >= 0) this.#idle.splice(index, 1);
    });
  }

  #dispatch(): void {
    while (this.#queue.length > 0 && this.#idle.length > 0) void this.#work(this.#idle.pop()!, this.#queue.shift()!);
    const wanted = Math.min(this.#queue.length, this.concurrency - this.#threads.size) - this.#starting.size;
    for (let count = 0; count < wanted; count++) {
      const starting = this.#grow().then((hasGrown) => {
        this.#starting.delete(starting);
        if (hasGrown) this.#dispatch();
      });
      this.#starting.add(starting);
    }
  }

  async #work(thread: WorkerThread, job: Job): Promise<void> {
    try {
      job.resolve(await thread.run(job.inputs));
    } catch (error) {
      job.reject(this.#disposed ? disposedError() : error);
    }
    if (this.#threads.has(thread)) this.#idle.push(thread);
    this.#dispatch();
  }

  /** Adds a worker, and says whether it did. */
  async #grow(): Promise<boolean> {
    try {
      const thread = await WorkerThread.start(this.#model);
      if (this.#disposed) await thread.close();
      else this.#add(thread);
      return !this.#disposed;
    } catch (error) {
      // With other workers alive the queue is served, only slower, and the next try comes when one of them is done;
      // with none it would wait for ever.
      if (this.#threads.size === 0) for (const job of this.#queue.splice(0)) job.reject(error);
      return false;
    }
  }
}

function disposedError(): HpdError {
  return new HpdError("disposed", "the model was disposed");
}
