/** The thread's side of `Thread`: answers requests until a message to close. */
import { parentPort, workerData } from "node:worker_threads";
import type { Message, Reply } from "./messages.ts";
import { type BusyFlag, markDone } from "./native-work.ts";

export interface Answer {
  readonly value: unknown;
  /** Buffers that are transferred, not copied. */
  readonly transfer: readonly ArrayBuffer[];
}

/**
 * Serves requests.
 *
 * @param answer answers one request; what it throws is the reply
 * @param close frees native memory
 */
export function serve<Request>(answer: (request: Request) => Promise<Answer>, close: () => Promise<void>): void {
  const port = parentPort!;
  const handle = async (message: Message): Promise<void> => {
    if (message === "close") {
      await close();
      port.postMessage("closed" satisfies Reply);
      return;
    }
    let reply: Reply;
    let transfer: readonly ArrayBuffer[] = [];
    try {
      const answered = await answer(message.request as Request);
      reply = { value: answered.value };
      transfer = answered.transfer;
    } catch (error) {
      reply = { error };
    }
    markDone(workerData as BusyFlag);
    port.postMessage(reply, transfer);
  };
  let work = Promise.resolve();
  port.on("message", (message: Message) => {
    // To close in the middle of a request would free the session that it runs.
    work = work.then(() => handle(message));
  });
}
