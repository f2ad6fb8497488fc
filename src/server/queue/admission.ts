/** The limit of concurrent requests: one more is refused at once, instead of waiting for a long time. */
import { Failure } from "../failure.ts";

export class Admission {
  readonly #most: number;
  #count = 0;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Refuses a request that would exceed the limit, before its body is read. It is counted only by `enter`: a slow body
   * takes no place.
   *
   * @param retryAfter seconds after which to retry
   * @throws Failure `overloaded`, `unavailable`
   */
  requireRoom(retryAfter: () => number): void {
    if (this.isClosed) throw new Failure("unavailable", "the server is shutting down", { retryAfter: 1 });
    if (this.#count < this.#most) return;
    throw new Failure("overloaded", "Model is overloaded", { retryAfter: retryAfter() });
  }

  /**
   * Counts a request in.
   *
   * @returns a function that counts it out
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

  /** Admits no further requests. @returns once the admitted ones are over */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      if (this.#count === 0) resolve();
      this.#onIdle = resolve;
    });
    return this.#closing;
  }
}
