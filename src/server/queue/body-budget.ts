/** The total size of all bodies in memory, bounded so that many slow clients with large bodies can't exhaust it. */
import { Failure } from "../failure.ts";

/** Number of bodies of maximum size that fit into memory at once. */
const largestBodies = 64;

export class BodyBudget {
  readonly #most: number;
  #taken = 0;

  /** @param largest maximum size of a body in bytes */
  constructor(largest: number) {
    this.#most = largestBodies * largest;
  }

  /** The share of one request. */
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
  /** Reserves bytes. @throws Failure `overloaded` */
  take(bytes: number): void;
  release(): void;
}
