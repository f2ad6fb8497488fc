/**
 * A session in worker threads, and for a short text in the calling thread. A message to a worker and back takes a
 * quarter of a millisecond, and a worker of a small model has one thread. So where nothing else runs, the calling
 * thread computes a short text with the help of others, in no more time than it may be blocked for.
 */
import type { NamedTensors, Session, SessionModel } from "../session.ts";
import { addsIn16Bits } from "./adds-in-16-bits.ts";
import { createCallerSession } from "./caller-session.ts";
import { layerBytes, planOf } from "./plan.ts";
import { WorkerPool } from "./worker-pool.ts";

/** Tokens times bytes of weights: about 4 ms, of a small BERT in fp32 with 25 tokens. */
const maxWork = 2 ** 30;

const maxTokens = 64;

/** Bytes of weights of a model that is worth another copy of them. */
const maxLayerBytes = 96 * 2 ** 20;

/** The first short text is often the only one: a worker computes it. */
const textsBefore = 1;

export class ThreadsSession implements Session {
  readonly #pool: WorkerPool;
  readonly #model: SessionModel;
  readonly #threads: number;
  readonly #maxTokens: number;
  #texts = 0;
  /** The session of the calling thread; rejects where there is none. */
  #caller: Promise<Session> | undefined;
  #isBusy = false;
  #isDisposed = false;

  private constructor(pool: WorkerPool, model: SessionModel) {
    this.#pool = pool;
    this.#model = model;
    const bytes = layerBytes(model);
    this.#maxTokens = bytes > maxLayerBytes ? 0 : Math.min(maxTokens, maxWork / bytes);
    this.#threads = Math.min(maxThreadsOf(model), pool.concurrency * pool.threads);
  }

  static async create(model: SessionModel | Promise<SessionModel>, workers?: number): Promise<ThreadsSession> {
    const pool = await WorkerPool.create(model, (loaded) => planOf(loaded, workers));
    return new ThreadsSession(pool, await model);
  }

  get concurrency(): number {
    return this.#pool.concurrency;
  }

  run(inputs: NamedTensors, tokens = Number.POSITIVE_INFINITY): Promise<NamedTensors> {
    const isShort = tokens <= this.#maxTokens && this.#pool.isIdle && !this.#isBusy && !this.#isDisposed;
    if (!isShort || this.#texts++ < textsBefore) return this.#pool.run(inputs);
    return this.#runHere(inputs);
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    const caller = await this.#caller?.catch(() => undefined);
    await Promise.all([this.#pool.dispose(), caller?.dispose()]);
  }

  async #runHere(inputs: NamedTensors): Promise<NamedTensors> {
    this.#isBusy = true;
    try {
      this.#caller ??= createCallerSession(this.#model, this.#threads);
      const caller = await this.#caller.catch(() => undefined);
      // Without a session here, which takes memory, there are still the workers.
      return await (caller ?? this.#pool).run(inputs);
    } finally {
      this.#isBusy = false;
    }
  }
}

/**
 * A single short text is too little for more threads. Products of bytes are so fast with VNNI that threads would wait for each
 * other longer than they compute.
 */
function maxThreadsOf(model: SessionModel): number {
  if (!hasByteProducts(model)) return 4;
  return addsIn16Bits() ? 2 : 1;
}

/** Whether the model multiplies bytes: the names of its operators are in it as text. */
function hasByteProducts({ model }: SessionModel): boolean {
  return Buffer.from(model.buffer, model.byteOffset, model.byteLength).includes("MatMulInteger");
}
