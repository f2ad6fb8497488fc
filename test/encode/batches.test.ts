import fc from "fast-check";
import { expect, test } from "vitest";
import { planBatches } from "../../src/encode/batches.ts";

const lengthsOfTexts = fc.array(fc.oneof(fc.nat(40), fc.nat(2000)), { maxLength: 200 });
const concurrencies = fc.integer({ min: 1, max: 16 });

/** The tokens that a batch may have, padding included. */
function budgetOf(lengths: readonly number[], concurrency: number): number {
  const share = Math.ceil(lengths.reduce((sum, length) => sum + length, 0) / concurrency);
  return Math.min(1024, Math.max(128, share));
}

/** The tokens of a batch, padded to its longest text. */
const padded = (lengths: readonly number[]) => lengths.length * Math.max(...lengths);

test("each text is in one batch, the longest first", () => {
  fc.assert(
    fc.property(lengthsOfTexts, concurrencies, (lengths, concurrency) => {
      const indices = planBatches(lengths, concurrency).flat();
      expect(indices.toSorted((a, b) => a - b)).toEqual([...lengths.keys()]);
      const planned = indices.map((index) => lengths[index]!);
      expect(planned).toEqual(lengths.toSorted((a, b) => b - a));
    }),
  );
});

test("a batch is within its budget of tokens, or a single text, and has no room for the next text", () => {
  fc.assert(
    fc.property(lengthsOfTexts, concurrencies, (lengths, concurrency) => {
      const budget = budgetOf(lengths, concurrency);
      const batches = planBatches(lengths, concurrency).map((batch) => batch.map((index) => lengths[index]!));
      for (const [index, batch] of batches.entries()) {
        expect(batch.length).toBeGreaterThan(0);
        if (batch.length > 1) expect(padded(batch)).toBeLessThanOrEqual(budget);
        const next = batches[index + 1];
        // A text without tokens counts as one.
        if (next !== undefined) expect((batch.length + 1) * Math.max(1, batch[0]!)).toBeGreaterThan(budget);
      }
    }),
  );
});

test("what is budgeted: 1024 tokens, of little work a share for each that runs at once, and 128 at least", () => {
  const sizes = (count: number, length: number, concurrency: number) =>
    planBatches(
      Array.from({ length: count }, () => length),
      concurrency,
    ).map((batch) => batch.length);
  expect(sizes(300, 10, 1)).toEqual([102, 102, 96]);
  expect(sizes(64, 10, 4)).toEqual([16, 16, 16, 16]);
  expect(sizes(20, 10, 16)).toEqual([12, 8]);
  expect(sizes(2, 1025, 1)).toEqual([1, 1]);
  expect(sizes(3, 0, 1)).toEqual([3]);
  expect(planBatches([], 4)).toEqual([]);
});
