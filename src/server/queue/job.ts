/** Jobs waiting in a queue, and batches being computed. */

export interface Sized {
  readonly tokens: number;
}

export interface Batched<Result> {
  readonly results: Result[];
  /** Time until the first item was in a batch. */
  readonly queueMilliseconds: number;
  /** Time from then until the last item was done. */
  readonly computeMilliseconds: number;
}

/** A batch being computed. */
export class Running<Item extends Sized, Result> {
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

/** The items of one request. */
export class Job<Item extends Sized, Result> {
  readonly items: readonly Item[];
  readonly tokens: number;
  readonly done: Promise<Batched<Result>>;
  readonly #results: Result[];
  /** Indices by descending length, so that a batch of a long request has texts of similar length and little padding. */
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

  /** Discards the items not taken yet, and counts them. */
  discardRest(): { tokens: number; items: number } {
    const left = this.#order.slice(this.#taken);
    this.#taken = this.items.length;
    return { tokens: left.reduce((sum, index) => sum + this.items[index]!.tokens, 0), items: left.length };
  }
}
