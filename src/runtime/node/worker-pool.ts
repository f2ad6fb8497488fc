/**
 * A session in worker threads. The first worker starts at once, so that a bad model fails early; others start when
 * there is work for them, and those without work for some time end. A worker that dies fails the run it had, and
 * another takes its place.
 */
import { HpdError } from "../../errors.ts";
import type { NamedTensors, Session, SessionModel } from "../session.ts";
import type { Plan } from "./plan.ts";
import { type MakePlan, WorkerThread } from "./worker-thread.ts";

interface Job {
  readonly inputs: NamedTensors;
  resolve(outputs: NamedTensors): void;
  reject(error: unknown): void;
}

/** Milliseconds without work after which a worker ends and gives its memory back. */
export interface Patience {
  readonly others: number;
  /** The same for the last worker: the next caller waits for the start of another. */
  readonly last: number;
}

const usualPatience: Patience = { others: 30_000, last: 300_000 };

export class WorkerPool implements Session {
  readonly #model: SessionModel | Promise<SessionModel>;
  readonly #plan: Plan;
  readonly #patience: Patience;
  readonly #threads = new Set<WorkerThread>();
  /** Idle workers and since when, the one that worked last at the end. */
  readonly #idle: { readonly thread: WorkerThread; readonly since: number }[] = [];
  readonly #queue: Job[] = [];
  /** Workers that start, and those that end: `dispose` waits for them. */
  readonly #starting = new Set<Promise<void>>();
  readonly #ending = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  private constructor(model: SessionModel | Promise<SessionModel>, plan: Plan, patience: Patience) {
    this.#model = model;
    this.#plan = plan;
    this.#patience = patience;
  }

  static async create(
    model: SessionModel | Promise<SessionModel>,
    plan: MakePlan,
    patience = usualPatience,
  ): Promise<WorkerPool> {
    const first = await WorkerThread.start(model, plan);
    const pool = new WorkerPool(model, plan(await model), patience);
    pool.#add(first);
    return pool;
  }

  /** Number of workers at most. */
  get concurrency(): number {
    return this.#plan.sessions;
  }

  /** Number of threads of each. */
  get threads(): number {
    return this.#plan.threads;
  }

  /** Whether no run is under way or waits. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#idle.length === this.#threads.size;
  }

  /** Whether no worker is free. */
  get isFull(): boolean {
    return this.#idle.length === 0;
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
    clearTimeout(this.#timer);
    for (const job of this.#queue.splice(0)) job.reject(disposedError());
    await Promise.all([...[...this.#threads].map((thread) => thread.close()), ...this.#starting, ...this.#ending]);
  }

  #add(thread: WorkerThread): void {
    this.#threads.add(thread);
    // With another worker, patience with each is shorter.
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#rest(thread);
    void thread.exited.then(() => this.#remove(thread));
  }

  #remove(thread: WorkerThread): void {
    this.#threads.delete(thread);
    const index = this.#idle.findIndex((idle) => idle.thread === thread);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  #rest(thread: WorkerThread): void {
    this.#idle.push({ thread, since: performance.now() });
    if (this.#timer === undefined) this.#watch();
  }

  /** Ends idle workers when they have been so for long enough. */
  #watch(): void {
    const [longest] = this.#idle;
    if (longest === undefined || this.#disposed) return;
    const patience = this.#threads.size > 1 ? this.#patience.others : this.#patience.last;
    const wait = longest.since + patience - performance.now();
    if (wait <= 0) {
      const ending = longest.thread.close().then(() => void this.#ending.delete(ending));
      this.#ending.add(ending);
      this.#remove(longest.thread);
      this.#watch();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#watch();
    }, wait);
    // Deno's and Bun's have it too.
    this.#timer.unref();
  }

  #dispatch(): void {
    while (this.#queue.length > 0 && this.#idle.length > 0) {
      void this.#work(this.#idle.pop()!.thread, this.#queue.shift()!);
    }
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
    if (this.#threads.has(thread)) this.#rest(thread);
    this.#dispatch();
  }

  /** Adds a worker, and says whether it did. */
  async #grow(): Promise<boolean> {
    try {
      const thread = await WorkerThread.start(this.#model, () => this.#plan);
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
