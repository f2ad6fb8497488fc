/**
 * A session in worker threads, and others for a single text. A message to a worker and back takes a quarter of a
 * millisecond, and a worker of a small model has one thread. So where nothing else runs, the calling thread computes a
 * short text with the help of others, in no more time than it may be blocked for; a longer one goes to a worker whose session
 * has all threads. Where all workers compute, a short text is computed here too: a share of the processor is there at once, a
 * worker only when its batch is done.
 */
import type { NamedTensors, Session, SessionModel } from "../session.ts";
import { addsIn16Bits } from "./adds-in-16-bits.ts";
import { createCallerSession } from "./caller-session.ts";
import { layerBytes, planOf, thisMachine } from "./plan.ts";
import { WorkerPool } from "./worker-pool.ts";

/** Tokens times bytes of weights: about 4 ms, of a small BERT in fp32 with 25 tokens. */
const maxWork = 2 ** 30;

const maxTokens = 64;

/** Bytes of weights of a model that is worth another copy of them. */
const maxLayerBytes = 96 * 2 ** 20;

/** The first text is often the only one: a worker computes it. */
const textsBefore = 1;

export class ThreadsSession implements Session {
  readonly #pool: WorkerPool;
  readonly #model: SessionModel;
  /** Number of threads that compute one text together: no more than there are cores, or they would slow each other down. */
  readonly #threads: number;
  readonly #maxTokens: number;
  #shortTexts = 0;
  #longTexts = 0;
  /** The session of the calling thread; rejects where there is none. */
  #caller: Promise<Session> | undefined;
  /** A worker whose session all threads share, once it is there. */
  #shared: Session | undefined;
  #sharedStart: Promise<void> | undefined;
  #isBusy = false;
  #isDisposed = false;

  private constructor(pool: WorkerPool, model: SessionModel) {
    this.#pool = pool;
    this.#model = model;
    const bytes = layerBytes(model);
    this.#maxTokens = bytes > maxLayerBytes ? 0 : Math.min(maxTokens, maxWork / bytes);
    this.#threads = Math.min(pool.concurrency * pool.threads, thisMachine().cores);
  }

  static async create(model: SessionModel | Promise<SessionModel>, workers?: number): Promise<ThreadsSession> {
    const pool = await WorkerPool.create(model, (loaded) => planOf(loaded, workers));
    return new ThreadsSession(pool, await model);
  }

  get concurrency(): number {
    return this.#pool.concurrency;
  }

  isAtOnce(tokens: number): boolean {
    return tokens <= this.#maxTokens && this.#isForOthers(tokens);
  }

  async run(inputs: NamedTensors, tokens?: number): Promise<NamedTensors> {
    if (tokens === undefined || !this.#isForOthers(tokens)) return this.#pool.run(inputs);
    this.#isBusy = true;
    try {
      return await (await this.#sessionFor(tokens)).run(inputs);
    } finally {
      this.#isBusy = false;
    }
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    const caller = await this.#caller?.catch(() => undefined);
    await this.#sharedStart;
    await Promise.all([this.#pool, caller, this.#shared].map((session) => session?.dispose()));
  }

  /** Whether a single text needn't go to the pool. */
  #isForOthers(tokens: number): boolean {
    if (this.#maxTokens === 0 || this.#isBusy || this.#isDisposed) return false;
    return this.#pool.isIdle || (tokens <= this.#maxTokens && this.#pool.isFull);
  }

  async #sessionFor(tokens: number): Promise<Session> {
    // Without another session, which takes memory, there are still the workers.
    if (tokens > this.#maxTokens) return this.#sharedOnceThere() ?? this.#pool;
    if (this.#shortTexts++ < textsBefore) return this.#pool;
    this.#caller ??= createCallerSession(this.#model, Math.min(this.#threads, maxThreadsOf(this.#model)));
    return (await this.#caller.catch(() => undefined)) ?? this.#pool;
  }

  /** Starts in the background: meanwhile a worker computes what would take that long. */
  #sharedOnceThere(): Session | undefined {
    if (this.#pool.threads < this.#threads && this.#longTexts++ >= textsBefore)
      this.#sharedStart ??= this.#startShared();
    return this.#shared;
  }

  async #startShared(): Promise<void> {
    const plan = { sessions: 1, threads: this.#threads };
    this.#shared = await WorkerPool.create(this.#model, () => plan).catch(() => undefined);
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
