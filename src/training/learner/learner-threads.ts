/** The threads of a learner: requests to all of them at once, and their errors as `HpdError`. */
import { HpdError } from "../../errors.ts";
import { packageFile } from "../../files/package-file.ts";
import { startError, Thread } from "../../runtime/node/thread.ts";
import { runtimeError } from "../../runtime/runtime-error.ts";
import type { LearnerRequest } from "./messages.ts";

function workerFile(): URL {
  return packageFile(
    "dist/training/learner/hpd-learner-worker.js",
    () => new URL("./hpd-learner-worker.js", import.meta.url),
  );
}

export class LearnerThreads {
  readonly #threads: readonly Thread[];
  #isDisposed = false;

  constructor(count: number) {
    const file = workerFile();
    this.#threads = Array.from({ length: count }, () => new Thread(file));
  }

  get count(): number {
    return this.#threads.length;
  }

  /** Starts a worker in every thread. @throws HpdError where one fails: then all are closed */
  async start(request: (thread: number) => LearnerRequest): Promise<void> {
    try {
      await this.#ask(request);
    } catch (error) {
      await this.close();
      throw error instanceof HpdError ? error : startError(error);
    }
  }

  /**
   * Sends a request to each thread.
   *
   * @param threads how many of them, from the first on. Default: all
   * @throws HpdError `disposed`, `runtime`
   */
  async ask(request: (thread: number) => LearnerRequest, threads?: number): Promise<unknown[]> {
    try {
      return await this.#ask(request, threads);
    } catch (error) {
      if (this.#isDisposed) throw new HpdError("disposed", "the learner was disposed", { cause: error });
      throw error instanceof HpdError ? error : runtimeError("a step of training failed", error);
    }
  }

  async close(): Promise<void> {
    this.#isDisposed = true;
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  /** Rejects only once all threads are idle again, since each takes one request at a time. */
  async #ask(request: (thread: number) => LearnerRequest, threads = this.count): Promise<unknown[]> {
    const asked = this.#threads.slice(0, threads).map((thread, index) => thread.ask(request(index)));
    await Promise.allSettled(asked);
    return Promise.all(asked);
  }
}
