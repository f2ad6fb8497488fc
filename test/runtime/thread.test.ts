/** A worker thread that closes or dies while it is asked something. */
import { expect, test } from "vitest";
import { Thread } from "../../src/runtime/node/thread.ts";

const file = new URL("./odd-worker.ts", import.meta.url);

test("a request under way is answered before the thread closes; later ones are told that it has", async () => {
  const thread = new Thread(file);
  const answer = thread.ask({ wait: 50 });
  await Promise.all([thread.close(), thread.close()]);
  expect(await answer).toBe(50);
  await expect(thread.ask({ wait: 0 })).rejects.toMatchObject({ name: "HpdError", code: "runtime" });
});

test("a thread that ends in the middle of a request fails it, and all that come after", async () => {
  const thread = new Thread(file);
  const told = { name: "HpdError", code: "runtime", message: "a worker thread ended with code 3" };
  await expect(thread.ask({ exit: 3 })).rejects.toMatchObject(told);
  await expect(thread.ask({ wait: 0 })).rejects.toMatchObject(told);
  await thread.exited;
  await thread.close();
});
