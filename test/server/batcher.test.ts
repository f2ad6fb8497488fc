/** Batches of many requests, over a network that is played. */
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Batcher } from "../../src/server/queue/batcher.ts";

interface Item {
  readonly tokens: number;
  readonly name: string;
}

/** A batcher whose batches are done when the test says so. */
function played(options: { maxBatchTokens?: number; maxQueuedTokens?: number } = {}) {
  const batches: {
    names: string[];
    signal: AbortSignal;
    done: () => void;
    fail: (error: unknown) => void;
  }[] = [];
  const batcher = new Batcher<Item, string>({
    maxBatchTokens: 100,
    maxQueuedTokens: 1000,
    ...options,
    run: (items, signal) =>
      new Promise((resolve, reject) => {
        const names = items.map(({ name }) => name);
        const done = () => resolve(names.map((name) => name.toUpperCase()));
        signal.addEventListener("abort", () => reject(signal.reason));
        batches.push({ names, signal, done, fail: reject });
      }),
  });
  const submit = (names: readonly string[], tokens = 10, signal = new AbortController().signal, isUrgent = false) =>
    batcher.submit(
      names.map((name) => ({ name, tokens })),
      signal,
      isUrgent,
    );
  return { batcher, batches, submit };
}

const numbered = (letter: string, count: number) => Array.from({ length: count }, (_, index) => `${letter}${index}`);

test("requests of the same turn are one batch, results in the order of each", async () => {
  const { batches, submit } = played();
  const [first, second] = [submit(["a", "b"]), submit(["c"])];
  await turn();
  expect(batches.map(({ names }) => names)).toEqual([["a", "b", "c"]]);
  batches[0]!.done();
  expect((await first).results).toEqual(["A", "B"]);
  expect((await second).results).toEqual(["C"]);
});

test("a batch has about so many tokens, and no more than two are under way", async () => {
  const { batcher, batches, submit } = played();
  const all = submit(numbered("a", 45));
  await turn();
  expect(batches.map(({ names }) => names.length)).toEqual([10, 10]);
  expect([batcher.waitingItems, batcher.waitingTokens]).toEqual([25, 250]);
  for (let at = 0; at < 5; at++) {
    batches[at]!.done();
    await turn();
  }
  expect(batches.map(({ names }) => names.length)).toEqual([10, 10, 10, 10, 5]);
  expect((await all).results).toEqual(numbered("A", 45));
  expect([batcher.waitingItems, batcher.waitingTokens]).toEqual([0, 0]);
});

test("an item that is larger than a batch is a batch of its own", async () => {
  const { batches, submit } = played();
  const all = submit(["a", "b"], 500);
  await turn();
  expect(batches.map(({ names }) => names)).toEqual([["a"], ["b"]]);
  for (const batch of batches) batch.done();
  expect((await all).results).toEqual(["A", "B"]);
});

test("a short request isn't behind all of a long one", async () => {
  const { batches, submit } = played({ maxBatchTokens: 2048, maxQueuedTokens: 1e9 });
  void submit(numbered("bulk", 1000), 100);
  await turn();
  const short = submit(["query"], 10);
  await turn();
  batches[0]!.done();
  await turn();
  expect(batches.length).toBe(3);
  // Beside it a share of the bulk, which waits for nobody.
  expect(batches[2]!.names).toContain("query");
  batches[2]!.done();
  expect((await short).results).toEqual(["QUERY"]);
});

test("the longest items of a request go first, for batches of one length", async () => {
  const { batcher, batches } = played({ maxBatchTokens: 60 });
  const lengths = [10, 50, 20, 40];
  const all = batcher.submit(
    lengths.map((tokens) => ({ tokens, name: String(tokens) })),
    new AbortController().signal,
  );
  await turn();
  expect(batches.map(({ names }) => names)).toEqual([
    ["50", "40"],
    ["20", "10"],
  ]);
  for (const batch of batches) batch.done();
  expect((await all).results).toEqual(["10", "50", "20", "40"]);
});

describe("a request that is given up", () => {
  test("leaves the queue, and its batch stops where nobody else waits for it", async () => {
    const { batcher, batches, submit } = played();
    const controller = new AbortController();
    const all = submit(numbered("a", 40), 10, controller.signal);
    await turn();
    controller.abort(new Error("gone"));
    await expect(all).rejects.toThrow("gone");
    expect(batches.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect([batcher.waitingItems, batcher.waitingTokens]).toEqual([0, 0]);
    await turn();
    expect(batches.length).toBe(2);
  });

  test("leaves the others of its batch alone", async () => {
    const { batches, submit } = played();
    const controller = new AbortController();
    const [gone, stays] = [submit(["a"], 10, controller.signal), submit(["b"])];
    await turn();
    controller.abort(new Error("gone"));
    await expect(gone).rejects.toThrow("gone");
    expect(batches[0]!.signal.aborted).toBe(false);
    batches[0]!.done();
    expect((await stays).results).toEqual(["B"]);
  });

  test("before it began is refused", async () => {
    await expect(played().submit(["a"], 10, AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
  });
});

test("what one request does wrong is not the fault of the others in its batch", async () => {
  const batcher = new Batcher<Item, string>({
    maxBatchTokens: 100,
    maxQueuedTokens: 1000,
    run: async (items) => {
      if (items.some(({ name }) => name === "bad")) throw new Error("a bad item");
      return items.map(({ name }) => name.toUpperCase());
    },
  });
  const never = new AbortController().signal;
  const [good, bad, other] = [["a", "b"], ["bad"], ["c"]].map((names) =>
    batcher.submit(
      names.map((name) => ({ name, tokens: 1 })),
      never,
    ),
  );
  await expect(bad).rejects.toThrow("a bad item");
  expect((await good!).results).toEqual(["A", "B"]);
  expect((await other!).results).toEqual(["C"]);
});

describe("a full queue", () => {
  test("refuses at once and says when to come again; what is urgent goes first all the same", async () => {
    const { batches, submit } = played({ maxQueuedTokens: 300 });
    const all = submit(numbered("a", 45));
    await turn();
    await expect(submit(numbered("b", 6))).rejects.toMatchObject({ kind: "overloaded", retryAfter: 1 });
    const urgent = submit(["probe"], 1000, new AbortController().signal, true);
    batches[0]!.done();
    await turn();
    expect(batches[2]!.names).toEqual(["probe"]);
    for (let at = 1; at < 6; at++) {
      batches[at]!.done();
      await turn();
    }
    expect((await urgent).results).toEqual(["PROBE"]);
    expect((await all).results.length).toBe(45);
  });

  test("takes any request where nobody waits", async () => {
    const { batches, submit } = played({ maxQueuedTokens: 300 });
    const all = submit(["a"], 5000);
    await turn();
    batches[0]!.done();
    expect((await all).results).toEqual(["A"]);
  });
});

test("no items are no work", async () => {
  const { batches, submit } = played();
  expect((await submit([])).results).toEqual([]);
  await turn();
  expect(batches).toEqual([]);
});
