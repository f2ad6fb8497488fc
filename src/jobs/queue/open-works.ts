/** The works that a worker has open, each with its model: opened once, not for every shard. */
import type { ShardedWork, WorkDescription } from "../sharded-work.ts";

export type OpenWork = (description: WorkDescription, signal: AbortSignal) => Promise<ShardedWork>;

/** All that another machine has to know of a work. */
export interface DescribedWork {
  readonly description: WorkDescription;
  /** Whoever opens the work has to find the same. */
  readonly fingerprint: string;
}

/** This machine can't do the work, whichever shard it is. */
export class Refusal extends Error {}

export class OpenWorks implements AsyncDisposable {
  readonly #open: OpenWork;
  readonly #limit: number;
  readonly #idle: { readonly id: string; readonly work: ShardedWork }[] = [];
  #busy = 0;

  /** @param limit of those that are open at the same time: of one work as many as run shards */
  constructor(open: OpenWork, limit: number) {
    this.#open = open;
    this.#limit = limit;
  }

  /**
   * Lends a work for a shard, until `giveBack` or `discard`.
   *
   * @param describe is asked where the work is not open
   * @throws Refusal where it can't be opened, or is another one here; what `describe` throws; the signal's reason
   */
  async take(id: string, describe: () => Promise<DescribedWork>, signal: AbortSignal): Promise<ShardedWork> {
    const index = this.#idle.findIndex((each) => each.id === id);
    this.#busy++;
    try {
      if (index >= 0) return this.#idle.splice(index, 1)[0]!.work;
      const { description, fingerprint } = await describe();
      while (this.#idle.length > 0 && this.#idle.length + this.#busy > this.#limit)
        await this.#idle.shift()!.work.dispose();
      const work = await this.#open(description, signal).catch((cause: Error) => {
        signal.throwIfAborted();
        throw new Refusal(cause.message, { cause });
      });
      if (work.fingerprint === fingerprint) return work;
      await work.dispose();
      throw new Refusal("its input, its model or its options are others here than where it was submitted");
    } catch (error) {
      this.#busy--;
      throw error;
    }
  }

  giveBack(id: string, work: ShardedWork): void {
    this.#busy--;
    this.#idle.push({ id, work });
  }

  /** Gives a work back whose shard failed: its model may be broken. */
  async discard(work: ShardedWork): Promise<void> {
    this.#busy--;
    await work.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { work } of this.#idle.splice(0)) await work.dispose();
  }
}
