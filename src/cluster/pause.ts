/** Lets the event loop turn during long work, and ends the work when a signal aborts. */

const turnMilliseconds = 20;

export class Pause {
  readonly #signal: AbortSignal | undefined;
  #turn = performance.now();

  constructor(signal?: AbortSignal) {
    signal?.throwIfAborted();
    this.#signal = signal;
  }

  /** Waits only where the last turn is a while ago. @throws the signal's reason when it has aborted */
  async whenDue(): Promise<void> {
    if (performance.now() - this.#turn < turnMilliseconds) return;
    await new Promise((resolve) => setTimeout(resolve));
    this.#signal?.throwIfAborted();
    this.#turn = performance.now();
  }
}
