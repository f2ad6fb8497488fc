/** The best of many pairs: those of a sort, however they come. */
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { Yielder } from "../../src/common/yielder.ts";
import { Random } from "../../src/random.ts";
import { BestPairs, type ParaphrasePair } from "../../src/search/best-pairs.ts";

/** Each pair once, in any order; with few different scores equal ones are many. */
function drawPairs(count: number, scores: number, seed: number): ParaphrasePair[] {
  const random = new Random(seed);
  const pairs = Array.from({ length: count }, (_, i) => ({
    score: Math.fround(random.nextInteger(scores) / scores),
    first: i % 7,
    second: 7 + i,
  }));
  return pairs.sort(() => random.nextFloat() - 0.5);
}

const inOrder = (a: ParaphrasePair, b: ParaphrasePair) => b.score - a.score || a.first - b.first || a.second - b.second;

async function bestOf(pairs: readonly ParaphrasePair[], most: number): Promise<ParaphrasePair[]> {
  const best = new BestPairs(most, pairs.length);
  for (const pair of pairs) best.add(pair);
  return await best.sorted(new Yielder());
}

test("the best are the first of all sorted, of equal scores the lower positions", async () => {
  const draws = fc.record({
    count: fc.integer({ min: 0, max: 200 }),
    scores: fc.integer({ min: 1, max: 200 }),
    most: fc.integer({ min: 1, max: 60 }),
    seed: fc.integer({ min: 0, max: 1e6 }),
  });
  await fc.assert(
    fc.asyncProperty(draws, async ({ count, scores, most, seed }) => {
      const pairs = drawPairs(count, scores, seed);
      expect(await bestOf(pairs, most)).toEqual(pairs.toSorted(inOrder).slice(0, most));
    }),
    { numRuns: 300 },
  );
});

test.each([5, 100_000])(
  "many, of %d different scores, and the event loop is served while they are sorted",
  async (scores) => {
    const pairs = drawPairs(20_000, scores, 1);
    const expected = pairs.toSorted(inOrder);
    expect(await bestOf(pairs, 7000)).toEqual(expected.slice(0, 7000));
    const isDue = vi.spyOn(Yielder.prototype, "isDue", "get").mockReturnValue(true);
    const yields = vi.spyOn(Yielder.prototype, "yield").mockResolvedValue();
    try {
      expect(await bestOf(pairs, 20_000)).toEqual(expected);
      expect(yields.mock.calls.length).toBeGreaterThan(50);
    } finally {
      isDue.mockRestore();
      yields.mockRestore();
    }
  },
);
