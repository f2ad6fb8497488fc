/** The requests that wait for a model or are computed by it. The model itself decides whose texts come next. */
import { Failure } from "../failure.ts";

/** Weight of a new measurement in the moving average of tokens per second. */
const weightOfNew = 0.2;

export interface Sized {
  readonly tokens: number;
}

export interface Computed<Result> {
  readonly results: readonly Result[];
  /** Time until the first item went to a worker. */
  readonly queueMilliseconds: number;
  /** Time from then until the last item was done. */
  readonly computeMilliseconds: number;
}

export interface RequestQueueOptions<Item, Result> {
  /** Computes the results in the order of the items, and calls `onStart` when the first of them goes to a worker. */
  readonly run: (
    items: readonly Item[],
    options: { readonly signal: AbortSignal; readonly onStart: () => void },
  ) => Promise<readonly Result[]>;
  readonly maxQueuedTokens: number;
}

/** The state of a queue. */
export interface QueueState {
  /** Tokens of the requests that are not answered yet. */
  readonly tokens: number;
  /** Items of the requests that are not answered yet. */
  readonly items: number;
  /** Time of the last successful request, by `performance.now()`. */
  readonly lastSuccess: number;
  /** Estimated seconds until the queue is computed, from 1 to 60. */
  readonly retryAfter: number;
}

export class RequestQueue<Item extends Sized, Result> implements QueueState {
  readonly #options: RequestQueueOptions<Item, Result>;
  tokens = 0;
  items = 0;
  lastSuccess = Number.NEGATIVE_INFINITY;
  #tokensPerSecond = 0;
  /** Tokens computed since the last measurement, and when that was. */
  #computed = { tokens: 0, since: 0 };

  constructor(options: RequestQueueOptions<Item, Result>) {
    this.#options = options;
  }

  get retryAfter(): number {
    const seconds = this.#tokensPerSecond === 0 ? 1 : this.tokens / this.#tokensPerSecond;
    return Math.min(60, Math.max(1, Math.ceil(seconds)));
  }

  /**
   * The results in the order of the items.
   *
   * @param isUrgent whether never to refuse the items
   * @throws Failure `overloaded`; what `run` throws; the signal's reason
   */
  async submit(items: readonly Item[], signal: AbortSignal, isUrgent = false): Promise<Computed<Result>> {
    signal.throwIfAborted();
    const tokens = items.reduce((sum, item) => sum + item.tokens, 0);
    if (!isUrgent && this.tokens > 0 && this.tokens + tokens > this.#options.maxQueuedTokens) {
      throw new Failure("overloaded", "Model is overloaded", { retryAfter: this.retryAfter });
    }
    const submitted = performance.now();
    let started = submitted;
    const onStart = () => {
      started = performance.now();
    };
    if (this.tokens === 0) this.#computed = { tokens: 0, since: submitted };
    this.tokens += tokens;
    this.items += items.length;
    try {
      const results = await this.#options.run(items, { signal, onStart });
      this.#measure(tokens);
      return { results, queueMilliseconds: started - submitted, computeMilliseconds: this.lastSuccess - started };
    } finally {
      this.tokens -= tokens;
      this.items -= items.length;
    }
  }

  /** Takes the time of what was computed since the last measurement, at most ten times a second. */
  #measure(tokens: number): void {
    this.lastSuccess = performance.now();
    this.#computed.tokens += tokens;
    const seconds = (this.lastSuccess - this.#computed.since) / 1000;
    if (seconds < 0.1 && this.#tokensPerSecond > 0) return;
    const rate = this.#computed.tokens / Math.max(0.001, seconds);
    this.#tokensPerSecond += (this.#tokensPerSecond === 0 ? 1 : weightOfNew) * (rate - this.#tokensPerSecond);
    this.#computed = { tokens: 0, since: this.lastSuccess };
  }
}
