/** How many requests there may be at once: one more is told so at once, instead of waiting for a long time. */
import { Failure } from "../failure.ts";

export class Admission {
  readonly #most: number;
  #count = 0;
  #isClosed = false;
  #onIdle: (() => void) | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * For a request whose body hasn't come yet: while it comes, which may be slow, it takes nobody's place.
   *
   * @param retryAfter seconds after which to come again
   * @throws Failure `overloaded`, `unavailable`
   */
  requireRoom(retryAfter: () => number): void {
    if (this.#isClosed) throw new Failure("unavailable", "the server is shutting down", { retryAfter: 1 });
    if (this.#count < this.#most) return;
    throw new Failure("overloaded", "Model is overloaded", { retryAfter: retryAfter() });
  }

  /**
   * @returns what to call when the request is over
   * @throws Failure as `requireRoom`
   */
  enter(retryAfter: () => number): () => void {
    this.requireRoom(retryAfter);
    this.#count++;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#count--;
      if (this.#count === 0) this.#onIdle?.();
    };
  }

  /** Admits none any more. @returns when those that were admitted are over */
  close(): Promise<void> {
    this.#isClosed = true;
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }
}
