/**
 * Texts of many requests, computed together in batches of about so many tokens. Requests that wait take turns, so that a
 * short one isn't behind all of a long one. Source: the queue of text-embeddings-inference, which batches by tokens too.
 */
import { Failure } from "../failure.ts";

/** Tokens that a request may put into a batch before it is the next one's turn. */
const shareOfBatch = 1024;

/** Batches under way: while one is computed, the next is on its way to the workers. */
const mostBatches = 2;

/** Of the time that a batch takes, so much of a new measure counts. */
const weightOfNew = 0.2;

export interface Sized {
  readonly tokens: number;
}

export interface BatcherOptions<Item, Result> {
  /** The results of a batch, in the order of its items. */
  readonly run: (items: readonly Item[], signal: AbortSignal) => Promise<readonly Result[]>;
  readonly maxBatchTokens: number;
  readonly maxQueuedTokens: number;
  /** Told of each batch that is done. */
  readonly onBatch?: (batch: { items: number; tokens: number; milliseconds: number }) => void;
}

export interface Batched<Result> {
  readonly results: Result[];
  /** Until the first of the items was on its way. */
  readonly queueMilliseconds: number;
  /** From then until all were done. */
  readonly computeMilliseconds: number;
}

export class Batcher<Item extends Sized, Result> {
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

  /** When this had its last success, by `performance.now()`. */
  lastSuccess = Number.NEGATIVE_INFINITY;

  /** Seconds until what waits now will have been computed, from 1 to 60. */
  get retryAfter(): number {
    const seconds = this.#tokensPerSecond === 0 ? 1 : this.#waitingTokens / this.#tokensPerSecond;
    return Math.min(60, Math.max(1, Math.ceil(seconds)));
  }

  /**
   * The results in the order of the items.
   *
   * @param isUrgent goes before what waits, and is never refused
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
    // Requests that come in the same turn of the event loop go together.
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
    while (this.#running.size < mostBatches && this.#waiting.length > 0) {
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

  /** What one request's text did wrong is not the fault of the others in its batch: each is tried by itself. */
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
    const { tokens, items } = job.rest();
    this.#count(-tokens, -items);
    job.fail(reason);
    for (const batch of this.#running) if ([...batch.jobs].every((each) => each.isOver)) batch.stop.abort(reason);
  }

  #measure(tokens: number, milliseconds: number): void {
    const rate = (mostBatches * tokens) / Math.max(0.001, milliseconds / 1000);
    this.#tokensPerSecond =
      this.#tokensPerSecond === 0 ? rate : weightOfNew * rate + (1 - weightOfNew) * this.#tokensPerSecond;
  }
}

/** A batch that is computed. */
class Running<Item extends Sized, Result> {
  readonly entries: { readonly job: Job<Item, Result>; readonly index: number }[] = [];
  readonly jobs = new Set<Job<Item, Result>>();
  readonly stop = new AbortController();
  tokens = 0;

  add(job: Job<Item, Result>, index: number): void {
    this.entries.push({ job, index });
    this.jobs.add(job);
    this.tokens += job.items[index]!.tokens;
  }
}

/** The items of a request. */
class Job<Item extends Sized, Result> {
  readonly items: readonly Item[];
  readonly tokens: number;
  readonly done: Promise<Batched<Result>>;
  readonly #results: Result[];
  /** Longest first: a batch of a long request has texts of one length, which need no padding. */
  readonly #order: number[];
  readonly #submitted = performance.now();
  #started: number | undefined;
  #taken = 0;
  #left: number;
  #settle!: { resolve: (value: Batched<Result>) => void; reject: (reason: unknown) => void };
  isOver = false;

  constructor(items: readonly Item[]) {
    this.items = items;
    this.tokens = items.reduce((sum, { tokens }) => sum + tokens, 0);
    this.#results = new Array<Result>(items.length);
    this.#left = items.length;
    this.#order = items.map((_, index) => index).sort((a, b) => items[b]!.tokens - items[a]!.tokens);
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  get hasWaiting(): boolean {
    return this.#taken < this.items.length;
  }

  /** @returns the index of the next item to compute */
  take(): number {
    this.#started ??= performance.now();
    return this.#order[this.#taken++]!;
  }

  put(index: number, result: Result): void {
    if (this.isOver) return;
    this.#results[index] = result;
    if (--this.#left > 0) return;
    this.isOver = true;
    const started = this.#started!;
    this.#settle.resolve({
      results: this.#results,
      queueMilliseconds: started - this.#submitted,
      computeMilliseconds: performance.now() - started,
    });
  }

  fail(reason: unknown): void {
    this.isOver = true;
    this.#settle.reject(reason);
  }

  /** What was not taken yet, and now never will be. */
  rest(): { tokens: number; items: number } {
    const left = this.#order.slice(this.#taken);
    this.#taken = this.items.length;
    return { tokens: left.reduce((sum, index) => sum + this.items[index]!.tokens, 0), items: left.length };
  }
}
