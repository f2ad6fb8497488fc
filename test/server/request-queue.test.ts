/** What waits for a model: counted, refused where it is too much, timed. */
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { RequestQueue } from "../../src/server/queue/request-queue.ts";

interface Item {
  readonly tokens: number;
  readonly name: string;
}

/** A queue whose requests are computed when the test says so. */
function played(maxQueuedTokens = 300) {
  const running: { start: () => void; done: () => void; fail: (error: unknown) => void; signal: AbortSignal }[] = [];
  const queue = new RequestQueue<Item, string>({
    maxQueuedTokens,
    run: (items, { signal, onStart }) =>
      new Promise((resolve, reject) => {
        const done = () => resolve(items.map(({ name }) => name.toUpperCase()));
        running.push({ start: onStart, done, fail: reject, signal });
      }),
  });
  const submit = (names: readonly string[], tokens = 10, signal = new AbortController().signal, isUrgent = false) =>
    queue.submit(
      names.map((name) => ({ name, tokens })),
      signal,
      isUrgent,
    );
  return { queue, running, submit };
}

test("counts what isn't answered, and gives the results in order", async () => {
  const { queue, running, submit } = played();
  const [first, second] = [submit(["a", "b"]), submit(["c"])];
  expect([queue.items, queue.tokens]).toEqual([3, 30]);
  running[1]!.done();
  expect((await second).results).toEqual(["C"]);
  expect([queue.items, queue.tokens]).toEqual([2, 20]);
  running[0]!.done();
  expect((await first).results).toEqual(["A", "B"]);
  expect([queue.items, queue.tokens]).toEqual([0, 0]);
});

test("a full queue refuses at once and says when to come again, but for what is urgent", async () => {
  const { queue, running, submit } = played();
  const all = submit(["a", "b"], 140);
  await expect(submit(["c"], 30)).rejects.toMatchObject({ kind: "overloaded", retryAfter: 1 });
  const urgent = submit(["probe"], 1000, new AbortController().signal, true);
  for (const each of running) each.done();
  expect((await urgent).results).toEqual(["PROBE"]);
  await all;
  expect(queue.lastSuccess).toBeGreaterThan(performance.now() - 1000);
});

test("takes any request where nobody waits", async () => {
  const { running, submit } = played();
  const all = submit(["a"], 5000);
  running[0]!.done();
  expect((await all).results).toEqual(["A"]);
});

test("the time to come again is that of the tokens that wait, by what was computed before", async () => {
  const { queue, running, submit } = played(1e9);
  const measured = submit(["a"], 1000);
  await delay(120);
  running[0]!.done();
  await measured;
  // Some 8,000 tokens a second at most.
  void submit(["b"], 80_000);
  expect(queue.retryAfter).toBeGreaterThanOrEqual(10);
  expect(queue.retryAfter).toBeLessThanOrEqual(60);
});

test("waiting and computing are timed apart", async () => {
  const { running, submit } = played();
  const all = submit(["a"]);
  await delay(40);
  running[0]!.start();
  await delay(20);
  running[0]!.done();
  const { queueMilliseconds, computeMilliseconds } = await all;
  expect(queueMilliseconds).toBeGreaterThan(35);
  expect(computeMilliseconds).toBeGreaterThan(15);
});

test("a request that fails or is given up leaves the queue", async () => {
  const { queue, running, submit } = played();
  const all = submit(["a"]);
  running[0]!.fail(new Error("a bad item"));
  await expect(all).rejects.toThrow("a bad item");
  await expect(submit(["b"], 10, AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
  expect([queue.items, queue.tokens, running.length]).toEqual([0, 0, 1]);
  expect(queue.lastSuccess).toBe(Number.NEGATIVE_INFINITY);
});
