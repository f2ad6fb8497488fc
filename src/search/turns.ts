/** Lets the event loop turn, every so often, in work that would block it. */

const turnMilliseconds = 20;
/** Of rows of a thousand numbers this is a millisecond. */
const itemsInStep = 1024;

export class Turns {
  readonly #signal: AbortSignal | undefined;
  #last = performance.now();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    signal?.throwIfAborted();
  }

  get isDue(): boolean {
    return performance.now() - this.#last >= turnMilliseconds;
  }

  /** @throws the signal's reason when it aborts */
  async take(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.#signal?.throwIfAborted();
    this.#last = performance.now();
  }

  /** Goes over `count` items, some at a time: `visit` those from `start` to `end` - 1. @throws as `take` */
  async inSteps(count: number, visit: (start: number, end: number) => void): Promise<void> {
    for (let start = 0; start < count; start += itemsInStep) {
      visit(start, Math.min(start + itemsInStep, count));
      if (this.isDue) await this.take();
    }
  }
}
