/** Access to a store: one write at a time, no writes if it was opened to read, no calls after `dispose`. */
import { HpdError } from "../errors.ts";

export class StoreAccess {
  readonly #name: string;
  readonly #isWritable: boolean;
  readonly #close: () => Promise<void>;
  /** Resolves after the last write, whether it fails or not. */
  #written: Promise<unknown> = Promise.resolve();
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

  /** @throws HpdError `disposed`; `invalid_argument` if the store was opened to read; any error of the work */
  async write(work: () => Promise<void>): Promise<void> {
    this.requireOpen();
    if (!this.#isWritable) throw new HpdError("invalid_argument", `${this.#name} was opened to read`);
    const turn = this.#written.then(work);
    this.#written = turn.catch(() => {});
    await turn;
  }

  /** Closes the store after the last write, once. */
  async dispose(): Promise<void> {
    this.#disposal ??= this.#written.then(this.#close);
    await this.#disposal;
  }
}
