/** Calls that encode at the same time share a session: who goes first, what a batch holds, whose error is whose. */
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { TokenIds } from "../../src/encode/batch-inputs.ts";
import type { CallRequest } from "../../src/encode/scheduled-call.ts";
import { type BatchRunner, Scheduler } from "../../src/encode/scheduler.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/** A text of so many tokens, all of them `mark`. */
const text = (length: number, mark = 0): TokenIds => ({ ids: new Int32Array(length).fill(mark) });
const texts = (count: number, length: number, mark = 0) => Array.from({ length: count }, () => text(length, mark));

interface Batch {
  readonly texts: readonly TokenIds[];
  finish(): void;
  fail(error: Error): void;
}

/** A session that computes nothing until it is told; a text's embedding is its length and its mark. */
class Session implements BatchRunner {
  readonly batches: Batch[] = [];
  /** The text that is computed beside the batches. */
  atOnce: Batch | undefined;
  readonly concurrency: number;
  readonly maxTokens = 256;
  readonly scheduler: Scheduler;
  started = 0;
  /** Whether each batch may take all threads, in the order of their starts. */
  readonly priorities: boolean[] = [];
  readonly #mostAtOnce: number;
  #isNextAtOnce = false;

  /** @param mostAtOnce tokens of a text that is computed at once, unless another one is */
  constructor(concurrency: number, mostAtOnce = -1) {
    this.concurrency = concurrency;
    this.#mostAtOnce = mostAtOnce;
    this.scheduler = new Scheduler(this);
  }

  isAtOnce(tokens: number): boolean {
    this.#isNextAtOnce = tokens <= this.#mostAtOnce && this.atOnce === undefined;
    return this.#isNextAtOnce;
  }

  run(texts: readonly TokenIds[], _: readonly number[], hasPriority: boolean): Promise<Tensor<"float32">> {
    this.started++;
    this.priorities.push(hasPriority);
    const isAtOnce = this.#isNextAtOnce;
    this.#isNextAtOnce = false;
    if (isAtOnce) expect(hasPriority).toBe(true);
    return new Promise((resolve, reject) => {
      const data = Float32Array.from(texts.flatMap(({ ids }) => [ids.length, ids[0] ?? -1]));
      const finish = () => resolve({ dtype: "float32", shape: [texts.length, 2], data });
      const batch = { texts, finish, fail: reject };
      if (isAtOnce) this.atOnce = batch;
      else this.batches.push(batch);
    });
  }

  /** Marks of the texts of each batch that is under way. */
  get marks(): number[][] {
    return this.batches.map((batch) => batch.texts.map(({ ids }) => ids[0]!));
  }

  /** Finishes the batch that was started first, after some milliseconds of its own. */
  async finish(milliseconds = 10): Promise<void> {
    vi.advanceTimersByTime(milliseconds);
    this.batches.shift()!.finish();
    await settle();
  }

  /** The rows that a call was given: position, length, mark. */
  encode(
    given: readonly TokenIds[],
    { signal, whole, fixedBatches, onStart }: Partial<CallRequest> = {},
  ): { rows: number[][]; done: Promise<void> } {
    const rows: number[][] = [];
    const done = this.scheduler.encode(given, {
      promptLength: 0,
      signal,
      whole,
      fixedBatches,
      onStart,
      onBatch: ({ indices, output }) => {
        for (const [row, index] of indices.entries()) rows.push([index, ...output.data.subarray(2 * row, 2 * row + 2)]);
      },
    });
    done.catch(() => {});
    return { rows, done };
  }
}

const settle = async () => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("every text comes once, in batches of at most 256 tokens with their padding", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat(300), { maxLength: 80 }), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 3 }),
      async (calls, concurrency) => {
        const session = new Session(concurrency);
        const results = calls.map((lengths) => session.encode(lengths.map((length) => text(length))));
        while (session.batches.length > 0) {
          const { texts: batch } = session.batches[0]!;
          const longest = Math.max(...batch.map(({ ids }) => ids.length));
          if (batch.length > 1) expect(longest * batch.length).toBeLessThanOrEqual(256);
          await session.finish();
        }
        for (const [at, { rows, done }] of results.entries()) {
          await done;
          const lengths = rows.toSorted(([a], [b]) => a! - b!).map(([, length]) => length);
          expect(lengths).toEqual(calls[at]);
        }
      },
    ),
    { numRuns: 100 },
  );
});

test("a batch is full, the longest texts first; a little work is spread over all workers", () => {
  const sizes = (given: readonly TokenIds[], concurrency: number) => {
    const session = new Session(concurrency);
    session.encode(given);
    return session.batches.map((batch) => batch.texts.map(({ ids }) => ids.length));
  };
  const rows = (count: number, length: number) => Array.from({ length: count }, () => length);
  expect(sizes([...texts(100, 10), ...texts(2, 20)], 1)).toEqual([[20, 20, ...rows(10, 10)], rows(25, 10)]);
  expect(sizes(texts(20, 20), 2)).toEqual([rows(10, 20), rows(6, 20), rows(4, 20)]);
  expect(sizes(texts(2, 1025), 1)).toEqual([[1025], [1025]]);
  expect(sizes(texts(3, 0), 1)).toEqual([[0, 0, 0]]);
});

test("fixed batches are of one call and one size, with any number of workers and beside any calls", async () => {
  const lengths = [40, 5, 5, 5, 70, 8, 8, 8, 8, 30, 300];
  const batchesBeside = async (others: readonly number[], concurrency: number) => {
    const session = new Session(concurrency);
    for (const length of others) session.encode([text(length, 2)]);
    session.encode(
      lengths.map((length) => text(length, 1)),
      { fixedBatches: true },
    );
    for (const length of others) session.encode([text(length, 2)]);
    const seen: number[][] = [];
    while (session.batches.length > 0) {
      const { texts: batch } = session.batches[0]!;
      const marks = new Set(batch.map(({ ids }) => ids[0]));
      if (marks.has(1)) {
        expect(marks.size).toBe(1);
        seen.push(batch.map(({ ids }) => ids.length));
      }
      await session.finish();
    }
    return seen;
  };
  const alone = await batchesBeside([], 1);
  expect(alone).toEqual([[300], [70, 40, 30], [8, 8, 8, 8, 5, 5, 5]]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 12 }),
      fc.integer({ min: 1, max: 4 }),
      async (others, concurrency) => {
        expect(await batchesBeside(others, concurrency)).toEqual(alone);
      },
    ),
    { numRuns: 50 },
  );
});

test("a short call goes before the rest of a long one, whose batches become short", async () => {
  const session = new Session(1);
  session.encode(texts(200, 16, 1));
  expect(session.batches.map((batch) => batch.texts.length)).toEqual([16, 16]);
  session.encode([text(8, 2)]);
  await session.finish();
  await session.finish();
  expect(session.marks).toEqual([[2]]);
  await session.finish();
  // One at a time, and no longer than a short call is willing to wait.
  expect(session.marks).toHaveLength(1);
  expect(session.marks[0]!.length).toBeLessThan(16);
  expect(new Set(session.marks[0])).toEqual(new Set([1]));
});

test("a long call goes on however many short ones come", async () => {
  const session = new Session(1);
  session.encode(texts(500, 16, 1));
  let batchesOfLong = 0;
  for (let round = 0; round < 200; round++) {
    session.encode([text(8, 2)]);
    if (session.marks[0]?.includes(1)) batchesOfLong++;
    await session.finish(20);
  }
  // At least one in 250 milliseconds.
  expect(batchesOfLong).toBeGreaterThanOrEqual(14);
});

test("two long calls take turns", async () => {
  const session = new Session(1);
  session.encode(texts(400, 16, 1));
  session.encode(texts(400, 16, 2));
  const order: number[] = [];
  for (let round = 0; round < 24; round++) {
    order.push(session.marks[0]![0]!);
    await session.finish(20);
  }
  for (const mark of [1, 2]) expect(order.filter((each) => each === mark).length).toBeGreaterThan(9);
});

test("short calls that wait share batches", async () => {
  const session = new Session(1);
  const calls = Array.from({ length: 65 }, (_, mark) => session.encode([text(10, mark)]));
  while (session.batches.length > 0) await session.finish(1);
  await Promise.all(calls.map(({ done }) => done));
  for (const [mark, { rows }] of calls.entries()) expect(rows).toEqual([[0, 10, mark]]);
  // The first two go at once, alone; 63 of ten tokens fill three batches.
  expect(session.started).toBeLessThanOrEqual(7);
});

test("the texts that are nearest in length share a batch", async () => {
  const session = new Session(1);
  // Two calls are company, so that the next ones wait.
  for (let call = 0; call < 2; call++) session.encode([text(100)]);
  session.encode([text(40, 1)]);
  vi.advanceTimersByTime(20);
  for (const [mark, length] of [25, 44].entries()) session.encode([text(length, 2 + mark)]);
  await session.finish();
  // 25 is within half of 40 too, but 44 is nearer, and three don't fit.
  expect(session.marks).toEqual([[1, 3]]);
});

test("a batch has all threads while it is the only one and no text waits", async () => {
  const alone = new Session(2);
  const call = alone.encode([text(10)]);
  await alone.finish();
  await call.done;
  alone.encode([text(10)]);
  alone.encode([text(10)]);
  expect(alone.priorities).toEqual([true, true, false]);
  const busy = new Session(1);
  // The last two are too different to share a batch.
  for (const length of [100, 60, 8]) busy.encode([text(length)]);
  while (busy.batches.length > 0) await busy.finish();
  expect(busy.priorities).toEqual([true, false, true]);
});

test("texts of very different lengths share no batch", async () => {
  const session = new Session(1);
  for (const length of [100, 100, 8, 100]) session.encode([text(length, length)]);
  const seen: number[][] = [];
  while (session.batches.length > 0) {
    seen.push(session.marks[0]!);
    await session.finish();
  }
  for (const marks of seen) expect(new Set(marks).size).toBe(1);
});

test("a text that fails fails its own call", async () => {
  const session = new Session(1);
  session.encode([text(10)]);
  const [good, bad] = [session.encode([text(10, 1)]), session.encode([text(10, 2)])];
  await session.finish();
  expect(session.marks).toEqual([[1, 2]]);
  session.batches.shift()!.fail(new Error("no memory"));
  await settle();
  expect(session.marks).toEqual([[1], [2]]);
  session.batches[1]!.fail(new Error("no memory for 2"));
  session.batches[0]!.finish();
  await good.done;
  expect(good.rows).toEqual([[0, 10, 1]]);
  await expect(bad.done).rejects.toThrow("no memory for 2");
});

test("what a call does with its rows fails that call alone", async () => {
  const session = new Session(1);
  const failing = session.scheduler.encode(texts(100, 16), {
    promptLength: 0,
    signal: undefined,
    onBatch: () => {
      throw new Error("not finite");
    },
  });
  failing.catch(() => {});
  const other = session.encode(texts(3, 16));
  while (session.batches.length > 0) await session.finish();
  await expect(failing).rejects.toThrow("not finite");
  await other.done;
  expect(other.rows).toHaveLength(3);
  // The rest of the first was not computed.
  expect(session.started).toBeLessThanOrEqual(4);
});

test("a signal ends a call that waits at once, and none of its texts is computed", async () => {
  const session = new Session(1);
  session.encode(texts(40, 16, 1));
  const stop = new AbortController();
  const { done } = session.encode([text(8, 2)], { signal: stop.signal });
  stop.abort(new Error("gone"));
  await expect(done).rejects.toThrow("gone");
  while (session.batches.length > 0) {
    expect(session.marks.flat()).not.toContain(2);
    await session.finish();
  }
});

test("windows of one stream have the batches that each has alone, however their times fall", async () => {
  const windows = [texts(70, 16, 1), [...texts(30, 20, 2), text(3, 2)]];
  const sizes = async (concurrency: number, milliseconds: () => number) => {
    const session = new Session(concurrency);
    const whole = {};
    for (const window of windows) session.encode(window, { whole });
    const found: string[] = [];
    while (session.batches.length > 0) {
      found.push(session.marks[0]!.join());
      await session.finish(milliseconds());
    }
    return found.toSorted();
  };
  const expected = await sizes(2, () => 10);
  for (const milliseconds of [1, 40, 400]) expect(await sizes(2, () => milliseconds)).toEqual(expected);
  for (const batch of expected) expect(new Set(batch.split(",")).size).toBe(1);
});

test("onStart comes once, before the first batch; what it does wrong is its own call's", async () => {
  const session = new Session(1);
  const long = session.encode(texts(100, 16, 1));
  let starts = 0;
  const counted = session.encode(texts(40, 16, 2), { onStart: () => starts++ });
  const throwing = session.encode([text(8, 3)], {
    onStart: () => {
      throw new Error("boom");
    },
  });
  const stop = new AbortController();
  const aborting = session.encode([text(8, 4)], {
    signal: stop.signal,
    onStart: () => stop.abort(new Error("enough")),
  });
  while (session.batches.length > 0) {
    expect(session.batches[0]!.texts.length).toBeGreaterThan(0);
    await session.finish();
  }
  await expect(throwing.done).rejects.toThrow("boom");
  await expect(aborting.done).rejects.toThrow("enough");
  await Promise.all([long.done, counted.done]);
  expect([long.rows.length, counted.rows.length, starts]).toEqual([100, 40, 1]);
  // Whose turn it is still is by what is due.
  session.encode(texts(100, 16, 1));
  session.encode([text(8, 2)]);
  await session.finish();
  expect(session.marks[0]).toEqual([2]);
});

test("a single short text is computed at once, and the batches of a long call stay as they are", async () => {
  const sizes = async (queries: number) => {
    const session = new Session(2, 25);
    session.encode(texts(300, 16, 1));
    const found: number[] = [];
    while (session.batches.length > 0) {
      if (found.length < queries) {
        const { rows, done } = session.encode([text(8, 2)]);
        expect(session.atOnce!.texts).toEqual([text(8, 2)]);
        session.atOnce!.finish();
        await done;
        session.atOnce = undefined;
        expect(rows).toEqual([[0, 8, 2]]);
      }
      expect(new Set(session.marks.flat())).toEqual(new Set([1]));
      found.push(session.batches[0]!.texts.length);
      await session.finish();
    }
    return found;
  };
  expect(await sizes(12)).toEqual(await sizes(0));
});

test("in turn go long texts, several texts, and whoever comes while another single one is under way", async () => {
  const session = new Session(1, 25);
  session.encode(texts(100, 16, 1));
  const turns = [session.encode([text(26, 2)]), session.encode(texts(2, 8, 3))];
  expect(session.atOnce).toBeUndefined();
  // The long text is a single one.
  turns.push(session.encode([text(8, 4)]));
  expect(session.atOnce).toBeUndefined();
  while (session.batches.length > 0) await session.finish();
  await Promise.all(turns.map(({ done }) => done));

  session.encode(texts(100, 16, 1));
  const first = session.encode([text(8, 5)]);
  const second = session.encode([text(8, 6)]);
  expect(session.atOnce!.texts).toEqual([text(8, 5)]);
  session.atOnce!.finish();
  await first.done;
  session.atOnce = undefined;
  const third = session.encode([text(8, 7)]);
  expect(session.atOnce).toBeUndefined();
  while (!session.marks.flat().includes(6)) await session.finish();
  const fourth = session.encode([text(8, 8)]);
  expect(session.atOnce).toBeUndefined();
  while (session.batches.length > 0) await session.finish();
  await Promise.all([second.done, third.done, fourth.done]);
});

test("what goes wrong with a text that is computed at once is its own call's", async () => {
  const session = new Session(1, 25);
  const long = session.encode(texts(40, 16, 1));
  const failing = session.encode([text(8)]);
  session.atOnce!.fail(new Error("no memory"));
  await expect(failing.done).rejects.toThrow("no memory");
  session.atOnce = undefined;
  const throwing = session.encode([text(8)], {
    onStart: () => {
      throw new Error("boom");
    },
  });
  await expect(throwing.done).rejects.toThrow("boom");
  expect(session.atOnce).toBeUndefined();
  const stop = new AbortController();
  const stopped = session.encode([text(8)], { signal: stop.signal });
  stop.abort(new Error("gone"));
  await expect(stopped.done).rejects.toThrow("gone");
  session.atOnce!.finish();
  await settle();
  expect(stopped.rows).toEqual([]);
  while (session.batches.length > 0) await session.finish();
  await long.done;
  expect(long.rows).toHaveLength(40);
});

test("calls that come one after the other are alone again after two seconds", async () => {
  const session = new Session(2);
  const sizes = async () => {
    session.encode(texts(16, 8));
    const found = session.batches.map((batch) => batch.texts.length);
    while (session.batches.length > 0) await session.finish();
    return found;
  };
  expect(await sizes()).toEqual([16]);
  session.encode([text(8)]);
  await sizes();
  for (let call = 0; call < 3; call++) {
    vi.advanceTimersByTime(1_000);
    await sizes();
  }
  expect(await sizes()).toEqual([16]);
});
