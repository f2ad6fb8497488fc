/** Near-duplicates, against the definition: one after the other, each compared with all that were kept. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type NearDuplicates, removeNearDuplicates, streamNearDuplicates } from "../../src/cluster/near-duplicates.ts";
import { Random } from "../../src/random.ts";
import { similarity } from "../../src/similarity/similarity.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

/** As the documentation says it. */
function oneByOne(embeddings: Embeddings, threshold: number): NearDuplicates {
  const scores = [...similarity(embeddings, embeddings)];
  const kept: number[] = [];
  const groups = new Map<number, { index: number; score: number }[]>();
  for (const [index, row] of scores.entries()) {
    const alike = kept.filter((other) => row[other]! >= Math.fround(threshold));
    const best = alike.sort((a, b) => row[b]! - row[a]! || a - b)[0];
    if (best === undefined) kept.push(index);
    else groups.set(best, [...(groups.get(best) ?? []), { index, score: row[best]! }]);
  }
  const sorted = [...groups].sort(([a], [b]) => a - b);
  return { kept, groups: sorted.map(([kept, duplicates]) => ({ kept, duplicates })) };
}

function expectSame(found: NearDuplicates, expected: NearDuplicates): void {
  expect(found.kept).toEqual(expected.kept);
  expect(found.groups.map(({ kept, duplicates }) => [kept, duplicates.map(({ index }) => index)])).toEqual(
    expected.groups.map(({ kept, duplicates }) => [kept, duplicates.map(({ index }) => index)]),
  );
  const scores = ({ groups }: NearDuplicates) =>
    groups.flatMap(({ duplicates }) => duplicates.map(({ score }) => score));
  for (const [at, score] of scores(expected).entries()) expect(scores(found)[at]).toBeCloseTo(score, 6);
}

/** Directions around few centers, so that there are chains and groups. */
function clumps(count: number, dimension: number, centers: number, spread: number, seed: number): Embeddings {
  const random = new Random(seed);
  const center = Array.from({ length: centers * dimension }, () => random.normal());
  const data = Float32Array.from({ length: count * dimension }, () => 0);
  for (let row = 0; row < count; row++) {
    const at = random.nextInteger(centers) * dimension;
    for (let i = 0; i < dimension; i++) data[row * dimension + i] = center[at + i]! + spread * random.normal();
  }
  return new Embeddings(data, count, dimension);
}

test.each([
  [2500, 8, 300, 0.15, 0.95],
  [2500, 8, 20, 0.3, 0.9],
  [1024, 5, 1, 0.5, 0.9],
  [1025, 16, 1025, 1, 0.5],
])("%i embeddings, over blocks", async (count, dimension, centers, spread, threshold) => {
  const embeddings = clumps(count, dimension, centers, spread, count + centers);
  const expected = oneByOne(embeddings, threshold);
  // Both occur, or there is nothing to see.
  expect(expected.kept.length).toBeLessThan(count);
  expect(expected.kept.length).toBeGreaterThan(1);
  expectSame(await removeNearDuplicates(embeddings, { threshold }), expected);
});

const coarse = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 3 }), fc.nat())
  .map(([count, dimension, seed]) => {
    const random = new Random(seed);
    const data = Float32Array.from({ length: count * dimension }, () => random.nextInteger(5) - 2);
    return new Embeddings(data, count, dimension);
  });

test("laws: kept ones are less alike, each other one is in one group, with what it is most like", async () => {
  await fc.assert(
    fc.asyncProperty(coarse, fc.constantFrom(0.3, 0.8, 0.95, 1), async (embeddings, threshold) => {
      const { kept, groups } = await removeNearDuplicates(embeddings, { threshold });
      const scores = [...similarity(embeddings, embeddings)];
      // The last bit of a similarity depends on how it is summed.
      for (const a of kept) {
        for (const b of kept) if (a !== b) expect(scores[a]![b]!).toBeLessThan(threshold + 1e-6);
      }
      for (const group of groups) {
        expect(kept).toContain(group.kept);
        for (const { index, score } of group.duplicates) {
          expect(index).toBeGreaterThan(group.kept);
          expect(score).toBeGreaterThanOrEqual(Math.fround(threshold));
          const before = kept.filter((other) => other < index).map((other) => scores[index]![other]!);
          expect(score).toBeCloseTo(Math.max(...before), 6);
        }
      }
      const all = [...kept, ...groups.flatMap(({ duplicates }) => duplicates.map(({ index }) => index))];
      expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: embeddings.count }, (_, index) => index));
    }),
    { numRuns: 60 },
  );
});

test("what comes later changes nothing, and pieces of any size are the same", async () => {
  const embeddings = clumps(2300, 6, 100, 0.2, 1);
  const whole = await removeNearDuplicates(embeddings);
  const { data, dimension } = embeddings;
  async function* inPieces() {
    for (let start = 0, size = 1; start < 1500; start += size, size = (size * 7) % 401) {
      const end = Math.min(start + size, 1500);
      const piece = new Embeddings(data.subarray(start * dimension, end * dimension), end - start, dimension);
      yield piece.count === 1 ? piece.row(0) : piece;
    }
  }
  const part = await removeNearDuplicates(inPieces());
  expect(part.kept).toEqual(whole.kept.filter((index) => index < 1500));
  const decisions = [];
  for await (const decision of streamNearDuplicates(inPieces())) decisions.push(decision);
  expect(decisions.map(({ index }) => index)).toEqual(Array.from({ length: 1500 }, (_, index) => index));
  expect(decisions.filter(({ duplicateOf }) => duplicateOf === undefined).map(({ index }) => index)).toEqual(part.kept);
});

test("scaled copies are duplicates at the threshold 1, zero vectors never are", async () => {
  const embeddings = Embeddings.fromRows([[0, 0], [1, 2], [0, 0], [0.3, 0.6], [-1, -2]]); // biome-ignore format: rows
  expect(await removeNearDuplicates(embeddings, { threshold: 1 })).toEqual({
    kept: [0, 1, 2, 4],
    groups: [{ kept: 1, duplicates: [{ index: 3, score: 1 }] }],
  });
});

test("no embeddings, no duplicates", async () => {
  expect(await removeNearDuplicates(new Embeddings(new Float32Array(0), 0, 4))).toEqual({ kept: [], groups: [] });
  expect(await removeNearDuplicates([])).toEqual({ kept: [], groups: [] });
});

test("odd arguments are refused", async () => {
  const one = Embeddings.fromRows([[1, 2]]);
  const refused = (given: unknown, threshold: number, message: RegExp) =>
    expect(removeNearDuplicates(given as Embeddings, { threshold })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(message),
    });
  for (const threshold of [0, -0.5, 1.01, Number.NaN]) await refused(one, threshold, /threshold should be a cosine/);
  await refused([one, Float32Array.of(1, 2, 3)], 0.9, /dimension 2 and 3/);
  await refused([one, one, Float32Array.of(1, Number.NaN)], 0.9, /embedding 2 holds a number that is not finite/);
  await refused([["1", 2]], 0.9, /embedding 0 should be an array of numbers, got "1"/);
  await refused(5, 0.9, /an iterable of embeddings, got 5/);
});

test("a signal stops it, an error of the stream comes through", async () => {
  const embeddings = clumps(9000, 64, 9000, 1, 2);
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error("stopped")), 1);
  await expect(removeNearDuplicates(embeddings, { signal: abort.signal })).rejects.toThrow("stopped");
  const failing = (async function* () {
    yield Float32Array.of(1);
    throw new Error("no more");
  })();
  await expect(removeNearDuplicates(failing)).rejects.toThrow("no more");
});
