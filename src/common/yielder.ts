/** Yielding to the event loop in work that would block it, so that timers, requests and aborts are served meanwhile. */

/** Resolves after the event loop has served what was due. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "undefined") setTimeout(resolve);
    else setImmediate(resolve);
  });
}

/** Interval of work that requests share a thread with. */
export const shortMilliseconds = 4;

/** Items between two looks at the clock: about a millisecond for rows of a thousand numbers. */
const itemsInStep = 1024;

/** Tells when it is time to yield, and yields. */
export class Yielder {
  readonly #signal: AbortSignal | undefined;
  readonly #milliseconds: number;
  #last = performance.now();

  /**
   * @param milliseconds between two yields
   * @throws the signal's reason if it is aborted
   */
  constructor(signal?: AbortSignal | undefined, milliseconds = 20) {
    this.#signal = signal;
    this.#milliseconds = milliseconds;
    signal?.throwIfAborted();
  }

  get isDue(): boolean {
    return performance.now() - this.#last >= this.#milliseconds;
  }

  /** @throws the signal's reason when it aborts */
  async yield(): Promise<void> {
    await yieldToEventLoop();
    this.#signal?.throwIfAborted();
    this.#last = performance.now();
  }

  /**
   * Visits `count` items in steps, those from `start` to `end` - 1 each, and yields between steps.
   *
   * @throws as `yield`
   */
  async inSteps(count: number, visit: (start: number, end: number) => void): Promise<void> {
    for (let start = 0; start < count; start += itemsInStep) {
      visit(start, Math.min(start + itemsInStep, count));
      if (this.isDue) await this.yield();
    }
  }
}
