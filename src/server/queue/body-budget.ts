/** The bytes of all bodies that are in memory: slow clients with large bodies, many at once, don't fill it. */
import { Failure } from "../failure.ts";

/** So many of the largest bodies may be there at once. */
const mostLargest = 64;

export class BodyBudget {
  readonly #most: number;
  #taken = 0;

  /** @param largest the most bytes of a body */
  constructor(largest: number) {
    this.#most = mostLargest * largest;
  }

  /** What one request takes. */
  share(): BodyShare {
    let own = 0;
    return {
      take: (bytes) => {
        if (this.#taken + bytes > this.#most) {
          throw new Failure("overloaded", "too many large requests at once", { retryAfter: 1 });
        }
        this.#taken += bytes;
        own += bytes;
      },
      release: () => {
        this.#taken -= own;
        own = 0;
      },
    };
  }
}

export interface BodyShare {
  /** @throws Failure `overloaded` */
  take(bytes: number): void;
  release(): void;
}
