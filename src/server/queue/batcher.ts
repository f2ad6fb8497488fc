/**
 * A queue that computes the texts of many requests in common batches of about `maxBatchTokens`. Waiting requests are served
 * round-robin, so that a short one isn't held up by a long one. Source: the queue of text-embeddings-inference, which
 * batches by tokens too.
 */
import { Failure } from "../failure.ts";
import { type Batched, Job, Running, type Sized } from "./job.ts";

/** Tokens that a request may put into a batch before the next request gets its turn. */
const shareOfBatch = 1024;

/** Concurrent batches: while one is computed, the next is on its way to the workers. */
const maxBatches = 2;

/** Weight of a new measurement in the moving average of tokens per second. */
const weightOfNew = 0.2;

export interface BatcherOptions<Item, Result> {
  /** Computes the results of a batch, in the order of its items. */
  readonly run: (items: readonly Item[], signal: AbortSignal) => Promise<readonly Result[]>;
  readonly maxBatchTokens: number;
  readonly maxQueuedTokens: number;
  /** Receives each finished batch. */
  readonly onBatch?: (batch: { items: number; tokens: number; milliseconds: number }) => void;
}

/** The state of a queue. */
export interface QueueState {
  readonly waitingTokens: number;
  readonly waitingItems: number;
  /** Time of the last successful batch, by `performance.now()`. */
  readonly lastSuccess: number;
  /** Estimated seconds until the queue is computed, from 1 to 60. */
  readonly retryAfter: number;
}

export class Batcher<Item extends Sized, Result> implements QueueState {
  readonly #options: BatcherOptions<Item, Result>;
  readonly #waiting: Job<Item, Result>[] = [];
  readonly #running = new Set<Running<Item, Result>>();
  #waitingTokens = 0;
  #waitingItems = 0;
  #tokensPerSecond = 0;

  constructor(options: BatcherOptions<Item, Result>) {
    this.#options = options;
  }

  get waitingTokens(): number {
    return this.#waitingTokens;
  }

  get waitingItems(): number {
    return this.#waitingItems;
  }

  lastSuccess = Number.NEGATIVE_INFINITY;

  get retryAfter(): number {
    const seconds = this.#tokensPerSecond === 0 ? 1 : this.#waitingTokens / this.#tokensPerSecond;
    return Math.min(60, Math.max(1, Math.ceil(seconds)));
  }

  /**
   * The results in the order of the items.
   *
   * @param isUrgent whether to put the items at the head of the queue, and never refuse them
   * @throws Failure `overloaded`; what `run` throws; the signal's reason
   */
  async submit(items: readonly Item[], signal: AbortSignal, isUrgent = false): Promise<Batched<Result>> {
    signal.throwIfAborted();
    const job = new Job<Item, Result>(items);
    if (!isUrgent && this.#waitingTokens > 0 && this.#waitingTokens + job.tokens > this.#options.maxQueuedTokens) {
      throw new Failure("overloaded", "Model is overloaded", { retryAfter: this.retryAfter });
    }
    if (items.length === 0) return { results: [], queueMilliseconds: 0, computeMilliseconds: 0 };
    const abort = () => this.#drop(job, signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    this.#count(job.tokens, items.length);
    if (isUrgent) this.#waiting.unshift(job);
    else this.#waiting.push(job);
    // Requests of the same turn of the event loop share a batch.
    setImmediate(() => this.#start());
    try {
      return await job.done;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  #count(tokens: number, items: number): void {
    this.#waitingTokens += tokens;
    this.#waitingItems += items;
  }

  #start(): void {
    while (this.#running.size < maxBatches && this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      void this.#run(batch);
    }
  }

  #nextBatch(): Running<Item, Result> {
    const batch = new Running<Item, Result>();
    while (this.#waiting.length > 0 && batch.tokens < this.#options.maxBatchTokens) {
      const job = this.#waiting.shift()!;
      const before = batch.tokens;
      const most = Math.min(before + shareOfBatch, this.#options.maxBatchTokens);
      const first = batch.entries.length;
      while (job.hasWaiting && batch.tokens < most) batch.add(job, job.take());
      this.#count(before - batch.tokens, first - batch.entries.length);
      if (job.hasWaiting) this.#waiting.push(job);
    }
    return batch;
  }

  async #run(batch: Running<Item, Result>): Promise<void> {
    this.#running.add(batch);
    const started = performance.now();
    try {
      const results = await this.#options.run(
        batch.entries.map(({ job, index }) => job.items[index]!),
        batch.stop.signal,
      );
      const milliseconds = performance.now() - started;
      this.#measure(batch.tokens, milliseconds);
      this.lastSuccess = performance.now();
      this.#options.onBatch?.({ items: batch.entries.length, tokens: batch.tokens, milliseconds });
      for (const [at, { job, index }] of batch.entries.entries()) job.put(index, results[at]!);
    } catch (error) {
      this.#fail(batch, error);
    } finally {
      this.#running.delete(batch);
      this.#start();
    }
  }

  /** Retries each request of a failed batch alone, so that one request's text doesn't fail the others. */
  #fail(batch: Running<Item, Result>, error: unknown): void {
    if (batch.jobs.size === 1) {
      for (const job of batch.jobs) this.#drop(job, error);
      return;
    }
    for (const job of batch.jobs) {
      if (job.isOver) continue;
      const alone = new Running<Item, Result>();
      for (const entry of batch.entries) if (entry.job === job) alone.add(job, entry.index);
      void this.#run(alone);
    }
  }

  #drop(job: Job<Item, Result>, reason: unknown): void {
    if (job.isOver) return;
    const at = this.#waiting.indexOf(job);
    if (at >= 0) this.#waiting.splice(at, 1);
    const { tokens, items } = job.discardRest();
    this.#count(-tokens, -items);
    job.fail(reason);
    for (const batch of this.#running) if ([...batch.jobs].every((each) => each.isOver)) batch.stop.abort(reason);
  }

  #measure(tokens: number, milliseconds: number): void {
    const rate = (maxBatches * tokens) / Math.max(0.001, milliseconds / 1000);
    this.#tokensPerSecond =
      this.#tokensPerSecond === 0 ? rate : weightOfNew * rate + (1 - weightOfNew) * this.#tokensPerSecond;
  }
}
