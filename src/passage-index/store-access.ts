/** Access to a store: one write at a time, no writes if it was opened to read, no calls after `dispose`. */
import { HpdError } from "../errors.ts";

export class StoreAccess {
  readonly #name: string;
  readonly #isWritable: boolean;
  readonly #close: () => Promise<void>;
  /** Resolves after the last write, whether it fails or not. */
  #written: Promise<unknown> = Promise.resolve();
  readonly #reads = new Set<Promise<unknown>>();
  #disposal: Promise<void> | undefined;

  /** @param name of the store, for messages */
  constructor(name: string, isWritable: boolean, close: () => Promise<void>) {
    this.#name = name;
    this.#isWritable = isWritable;
    this.#close = close;
  }

  /** @throws HpdError `disposed` */
  requireOpen(): void {
    if (this.#disposal !== undefined) throw new HpdError("disposed", `${this.#name}: the index was disposed`);
  }

  /** Runs a read, for which `dispose` waits. @throws HpdError `disposed`; any error of the work */
  async read<T>(work: () => Promise<T>): Promise<T> {
    this.requireOpen();
    const reading = work();
    this.#reads.add(reading);
    try {
      return await reading;
    } finally {
      this.#reads.delete(reading);
    }
  }

  /** @throws HpdError `disposed`; `invalid_argument` if the store was opened to read; any error of the work */
  async write(work: () => Promise<void>): Promise<void> {
    this.requireOpen();
    if (!this.#isWritable) throw new HpdError("invalid_argument", `${this.#name} was opened to read`);
    const turn = this.#written.then(work);
    this.#written = turn.catch(() => {});
    await turn;
  }

  /** Closes the store after the last write and the reads under way, once. */
  async dispose(): Promise<void> {
    this.#disposal ??= this.#written.then(() => Promise.allSettled(this.#reads)).then(this.#close);
    await this.#disposal;
  }
}
