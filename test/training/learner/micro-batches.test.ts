/** Sharing a batch among threads. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { evenMicroBatches, microBatches, shards, tokensAtOnce } from "../../../src/training/learner/micro-batches.ts";

const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });
const threads = fc.integer({ min: 1, max: 6 });

function padded(lengths: readonly number[], part: readonly number[]): number {
  return part.length * Math.max(...part.map((index) => lengths[index]!));
}

test("every sentence is in one part, neighbours in length are together, no part is empty", () => {
  fc.assert(
    fc.property(lengths, threads, (lengths, threads) => {
      const parts = shards(lengths, threads);
      expect(parts.length).toBeGreaterThanOrEqual(1);
      expect(parts.length).toBeLessThanOrEqual(threads);
      expect(parts.every((part) => part.length > 0)).toBe(true);
      expect(parts.flat().toSorted((a, b) => a - b)).toEqual(lengths.map((_, index) => index));
      const inOrder = parts.flat().map((index) => lengths[index]!);
      expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
    }),
  );
});

test("no other way to cut has a smaller largest part", () => {
  fc.assert(
    fc.property(lengths, threads, (lengths, threads) => {
      const largest = Math.max(...shards(lengths, threads).map((part) => padded(lengths, part)));
      expect(largest).toBe(
        smallestLargest(
          lengths.toSorted((a, b) => a - b),
          threads,
        ),
      );
    }),
  );
});

/** By trying every cut: least[end] is for the sentences before `end`, with one more part in each round. */
function smallestLargest(sorted: readonly number[], threads: number): number {
  let least = sorted.map((_, index) => (index + 1) * sorted[index]!);
  for (let parts = 2; parts <= threads; parts++) {
    least = sorted.map((length, last) =>
      Math.min(least[last]!, ...Array.from({ length: last }, (_, cut) => Math.max(least[cut]!, (last - cut) * length))),
    );
  }
  return least.at(-1)!;
}

test("equal lengths are shared evenly", () => {
  expect(shards(new Array(64).fill(16), 2).map((part) => part.length)).toEqual([32, 32]);
});

test("the pieces of a thread are its sentences, each of not many tokens, padding included", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 512 }), { minLength: 1, maxLength: 300 }),
      threads,
      (lengths, threads) => {
        const parts = microBatches(lengths, threads, 1024);
        expect(parts.map((part) => part.flat())).toEqual(shards(lengths, threads));
        for (const piece of parts.flat()) {
          expect(piece.length).toBeGreaterThan(0);
          // Cut evenly, so about 1024 tokens; one more sentence may not fit elsewhere.
          expect(padded(lengths, piece)).toBeLessThanOrEqual(1024 + 512);
        }
      },
    ),
  );
});

test("what fits is one piece", () => {
  expect(microBatches(new Array(64).fill(16), 1, 1024)).toEqual([[[...new Array(64).keys()]]]);
  expect(microBatches(new Array(128).fill(16), 1, 1024).map((part) => part.map((piece) => piece.length))).toEqual([
    [64, 64],
  ]);
});

test("large students take fewer tokens at once", () => {
  const layers = (count: number, width: number) =>
    Array.from({ length: count }, () => [
      [3 * width, width],
      [width],
      [width, width],
      [4 * width, width],
      [width, 4 * width],
    ]);
  const of = (count: number, width: number) => tokensAtOnce(layers(count, width).flat());
  expect([of(6, 384), of(12, 384), of(12, 768), of(24, 1024), of(28, 1024)]).toEqual([1024, 1024, 361, 256, 256]);
  expect(tokensAtOnce([])).toBe(1024);
});

test("even pieces hold every sentence once, in no more parts than there are threads", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 512 }), { minLength: 1, maxLength: 300 }),
      threads,
      (lengths, threads) => {
        const parts = evenMicroBatches(lengths, threads, 1024);
        expect(parts.length).toBeGreaterThanOrEqual(1);
        expect(parts.length).toBeLessThanOrEqual(threads);
        expect(parts.every((part) => part.length > 0 && part.every((piece) => piece.length > 0))).toBe(true);
        expect(parts.flat(2).toSorted((a, b) => a - b)).toEqual(lengths.map((_, index) => index));
      },
    ),
  );
});

test("queries and passages are shared evenly, each with its like", () => {
  const lengths = [...new Array(64).fill(11), ...new Array(64).fill(122)];
  const loads = evenMicroBatches(lengths, 2, 1024).map((part) =>
    part.reduce((sum, piece) => sum + padded(lengths, piece), 0),
  );
  expect(loads).toHaveLength(2);
  expect(Math.min(...loads) / Math.max(...loads)).toBeGreaterThan(0.8);
  const all = lengths.reduce((sum, length) => sum + length, 0);
  expect(loads.reduce((sum, load) => sum + load, 0)).toBeLessThan(1.15 * all);
});
