/** Iterables of every kind, read until a signal aborts, also while they wait. */
import { expect, test } from "vitest";
import { removeNearDuplicates } from "../../src/cluster/index.ts";
import { untilAborted } from "../../src/common/until-aborted.ts";
import { semanticSearch } from "../../src/search/index.ts";

async function toArray<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Gives some items and then nothing, for ever. */
async function* stuck<T>(...items: T[]): AsyncGenerator<T, void, undefined> {
  yield* items;
  await new Promise(() => {});
}

function abortingSoon() {
  const controller = new AbortController();
  const reason = new Error("enough");
  setTimeout(() => controller.abort(reason), 20);
  return { signal: controller.signal, reason };
}

test("items come as from for await: arrays, promises in them, generators", async () => {
  const { signal } = new AbortController();
  expect(await toArray(untilAborted([1, 2], signal))).toEqual([1, 2]);
  expect(await toArray(untilAborted([Promise.resolve(1)] as unknown as number[], undefined))).toEqual([1]);
  expect(await toArray(untilAborted(new Set("ab"), signal))).toEqual(["a", "b"]);
});

test("a source is closed once, when its consumer stops, and not when it failed or is at its end", async () => {
  let closed = 0;
  const source = (failure?: Error) => ({
    next: () => (failure ? Promise.reject(failure) : Promise.resolve({ done: false as const, value: 1 })),
    return: () => Promise.resolve({ done: true as const, value: ++closed }),
    [Symbol.asyncIterator]() {
      return this;
    },
  });
  for await (const _ of untilAborted(source(), undefined)) break;
  expect(closed).toBe(1);
  const failure = new Error("the file is gone");
  await expect(toArray(untilAborted(source(failure), undefined))).rejects.toBe(failure);
  expect(closed).toBe(1);
});

test("a signal ends it while the source waits, between items, and before the first", async () => {
  const { signal, reason } = abortingSoon();
  await expect(toArray(untilAborted(stuck(1), signal))).rejects.toBe(reason);
  await expect(toArray(untilAborted([1], signal))).rejects.toBe(reason);
  const between = new AbortController();
  const items = untilAborted([1, 2], between.signal);
  await items.next();
  between.abort(reason);
  await expect(items.next()).rejects.toBe(reason);
});

test.each<[string, (corpus: AsyncIterable<Float32Array>, signal: AbortSignal) => Promise<unknown>]>([
  ["removeNearDuplicates", (corpus, signal) => removeNearDuplicates(corpus, { signal })],
  ["semanticSearch", (corpus, signal) => semanticSearch(Float32Array.of(1, 0), corpus, { signal })],
])("%s rejects when it is aborted while its source waits", async (_, work) => {
  const { signal, reason } = abortingSoon();
  await expect(work(stuck(Float32Array.of(1, 0)), signal)).rejects.toBe(reason);
});
