/** Search in quantized corpora: against numpy and sentence-transformers (tools/gold/quantized-search.py), and its laws. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { semanticSearchQuantized } from "../../src/search/quantized-search.ts";
import { semanticSearch } from "../../src/search/semantic-search.ts";
import type { SearchHit } from "../../src/search/top-k.ts";
import { quantizationRanges, quantizeEmbeddings } from "../../src/similarity/quantization.ts";
import { QuantizedEmbeddings, type QuantizedPrecision } from "../../src/similarity/quantized-embeddings.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";
import { pointsAroundCenters } from "./points.ts";

type Found = [corpusId: number, score: number][][];

interface GoldCase {
  corpus: number[][];
  queries: number[][];
  ranges: [number[], number[]];
  topK: number;
  rescoreMultiplier: number;
  precisions: Record<QuantizedPrecision, { found: Found; rescored: Found; rescoredByOriginals: Found }>;
}

const cases: Record<string, GoldCase> = JSON.parse(
  readFileSync(new URL("../gold/search/quantized-search.json", import.meta.url), "utf8"),
).cases;
const precisions: QuantizedPrecision[] = ["int8", "uint8", "binary", "ubinary"];

describe.each(Object.entries(cases))("%s", (_, gold) => {
  const corpus = Embeddings.fromRows(gold.corpus);
  const queries = Embeddings.fromRows(gold.queries);
  const [minimum, maximum] = gold.ranges.map((row) => Float32Array.from(row)) as [Float32Array, Float32Array];
  const ranges = { minimum, maximum };

  test.each(precisions)("%s finds what numpy finds, before and after rescoring", async (corpusPrecision) => {
    const quantized = quantizeEmbeddings(corpus, corpusPrecision, ranges);
    const { topK, rescoreMultiplier } = gold;
    const options = { topK, rescoreMultiplier };
    const expected = gold.precisions[corpusPrecision];
    expectHits(await semanticSearchQuantized(queries, quantized, options), expected.rescored, 5);
    const rescoreEmbeddings = (ids: readonly number[]) => Embeddings.fromRows(ids.map((id) => corpus.row(id)));
    for (const originals of [corpus, rescoreEmbeddings]) {
      const hits = await semanticSearchQuantized(queries, quantized, { ...options, rescoreEmbeddings: originals });
      expectHits(hits, expected.rescoredByOriginals, 5);
    }
    // Here the query is rounded to 16 bits, where numpy's isn't.
    expectHits(await semanticSearchQuantized(queries, quantized, { ...options, rescore: false }), expected.found, 3);
  });
});

function expectHits(hits: SearchHit[][], expected: Found, digits: number): void {
  expect(hits.map((found) => found.map(({ corpusId }) => corpusId))).toEqual(
    expected.map((found) => found.map(([corpusId]) => corpusId)),
  );
  for (const [query, found] of expected.entries()) {
    for (const [place, [, score]] of found.entries()) expect(hits[query]![place]!.score).toBeCloseTo(score, digits);
  }
}

test("with all as candidates and the originals to rank them it is exact search", async () => {
  const sizes = fc.record({
    count: fc.integer({ min: 2, max: 70 }),
    dimension: fc.integer({ min: 1, max: 40 }),
    topK: fc.integer({ min: 1, max: 80 }),
    seed: fc.integer({ min: 1, max: 1e6 }),
    corpusPrecision: fc.constantFrom(...precisions),
  });
  await fc.assert(
    fc.asyncProperty(sizes, async ({ count, dimension, topK, seed, corpusPrecision }) => {
      const corpus = pointsAroundCenters(count, dimension, { centers: 3, seed });
      const queries = pointsAroundCenters(3, dimension, { centers: 3, seed: seed + 1 });
      const ranges = quantizationRanges(corpus);
      const options = { topK, rescoreMultiplier: count, rescoreEmbeddings: corpus };
      const hits = await semanticSearchQuantized(queries, quantizeEmbeddings(corpus, corpusPrecision, ranges), options);
      expect(hits).toEqual(await semanticSearch(queries, corpus, { topK, similarityFunction: "dot" }));
    }),
    { numRuns: 60 },
  );
});

test("over more than one block of rows Hamming distances are those of a loop", async () => {
  const corpus = quantizeEmbeddings(pointsAroundCenters(17_000, 20, { centers: 50, seed: 3 }), "ubinary");
  const queries = pointsAroundCenters(5, 20, { centers: 50, seed: 4 });
  const queryBits = quantizeEmbeddings(queries, "ubinary");
  const ones = (byte: number) => byte.toString(2).replaceAll("0", "").length;
  const expected = Array.from(queryBits, (query) =>
    Array.from(corpus, (row, corpusId) => ({
      corpusId,
      score: 0 - row.reduce((sum, x, i) => sum + ones(x ^ query[i]!), 0),
    }))
      .sort((a, b) => b.score - a.score || a.corpusId - b.corpusId)
      .slice(0, 40),
  );
  const options = { topK: 40, rescore: false };
  const hits = await semanticSearchQuantized(queries, corpus, options);
  expect(hits.map((found) => found.map(({ corpusId, score }) => ({ corpusId, score: score + 0 })))).toEqual(expected);
});

test.each(["int8", "uint8"] as const)("%s: sums of a thousand extreme products don't overflow", async (precision) => {
  const dimension = 1000;
  const filled = (value: number) => new Float32Array(dimension).fill(value);
  const values = [-1, 0.5, 1, -0.5];
  const ranges = { minimum: filled(-1), maximum: filled(1) };
  const corpus = quantizeEmbeddings(Embeddings.fromRows(values.map(filled)), precision, ranges);
  for (const sign of [1, -1]) {
    const [hits] = await semanticSearchQuantized(filled(sign), corpus, { rescore: false });
    const expected = values.map((value, corpusId) => ({ corpusId, score: sign * value * dimension }));
    expected.sort((a, b) => b.score - a.score);
    expect(hits!.map(({ corpusId }) => corpusId)).toEqual(expected.map(({ corpusId }) => corpusId));
    for (const [place, { score }] of expected.entries()) {
      // A step of quantization is 2 / 255 wide.
      expect(Math.abs(hits![place]!.score - score)).toBeLessThan(0.01 * dimension);
    }
  }
});

test("the recall of the ten nearest is above a bound", async () => {
  // More than one block of rows each.
  const points = pointsAroundCenters(17_100, 64, { centers: 100, seed: 5 });
  const corpus = new Embeddings(points.data.subarray(0, 17_000 * 64), 17_000, 64);
  const queries = new Embeddings(points.data.subarray(17_000 * 64), 100, 64);
  const ranges = quantizationRanges(corpus);
  const exact = await semanticSearch(queries, corpus);
  const recall = async (corpusPrecision: QuantizedPrecision, rescoreMultiplier: number) => {
    const quantized = quantizeEmbeddings(corpus, corpusPrecision, ranges);
    const options = { rescoreMultiplier, rescoreEmbeddings: corpus };
    const hits = await semanticSearchQuantized(queries, quantized, options);
    const shared = hits.map((found, query) => {
      const nearest = new Set(exact[query]!.map(({ corpusId }) => corpusId));
      return found.filter(({ corpusId }) => nearest.has(corpusId)).length;
    });
    return shared.reduce((sum, count) => sum + count, 0) / 1000;
  };
  expect(await recall("int8", 1)).toBeGreaterThan(0.98);
  expect(await recall("uint8", 2)).toBeGreaterThan(0.999);
  expect(await recall("binary", 4)).toBeGreaterThan(0.5);
  expect(await recall("ubinary", 32)).toBeGreaterThan(0.9);
});

test("nothing is found in nothing", async () => {
  const none = new QuantizedEmbeddings({ data: new Int8Array(), count: 0, dimension: 1, precision: "binary" });
  const two = Embeddings.fromRows([
    [1, 2],
    [0, 0],
  ]);
  expect(await semanticSearchQuantized(two, none)).toEqual([[], []]);
  const quantized = quantizeEmbeddings(two, "ubinary");
  expect(await semanticSearchQuantized(Embeddings.fromRows([]), quantized)).toEqual([]);
});

test("what can't be searched is refused", async () => {
  const two = Embeddings.fromRows([
    [1, 2],
    [3, 5],
  ]);
  const ranges = quantizationRanges(two);
  const int8 = quantizeEmbeddings(two, "int8", ranges);
  const refused = async (message: RegExp, ...parameters: Parameters<typeof semanticSearchQuantized>) =>
    await expect(semanticSearchQuantized(...parameters)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(message),
    });
  const fine = {};
  const withHint = { corpusPrecision: "int8" } as object;
  await refused(/no option "corpusPrecision": the corpus has its precision/, two, int8, withHint);
  const bytes = new Embeddings(int8.data, 2, 2) as unknown as QuantizedEmbeddings;
  await refused(/expected a corpus of QuantizedEmbeddings/, two, bytes, fine);
  await refused(/need a int8 corpus of 1 bytes a row, got 2/, Float32Array.of(1), int8, fine);
  await refused(/query 0 holds a number that is not finite/, Float32Array.of(1, Number.NaN), int8, fine);
  await refused(/topK/, two, int8, { ...fine, topK: 0 });
  await refused(/rescoreMultiplier/, two, int8, { ...fine, rescoreMultiplier: 0.5 });
  await refused(/corpus in float32, 2 embeddings, got 1/, two, int8, {
    ...fine,
    rescoreEmbeddings: Embeddings.fromRows([[1, 2]]),
  });
  await refused(/rescoreEmbeddings should return 2 embeddings, got 1/, two, int8, {
    ...fine,
    rescoreEmbeddings: () => Embeddings.fromRows([[1, 2]]),
  });
  await refused(/embedding [01] of the corpus holds a number that is not finite/, two, int8, {
    ...fine,
    rescoreEmbeddings: (ids) => Embeddings.fromRows(ids.map(() => [Number.NaN, 1])),
  });
  const aborted = { ...fine, signal: AbortSignal.abort(new Error("before")) };
  await expect(semanticSearchQuantized(two, int8, aborted)).rejects.toThrow("before");
});

test("stored bytes are searched as those that were just quantized", async () => {
  const corpus = pointsAroundCenters(50, 12, { centers: 3, seed: 1 });
  for (const precision of precisions) {
    const { data, count, dimension, ranges } = quantizeEmbeddings(corpus, precision);
    const stored = new QuantizedEmbeddings({ data, count, dimension, precision, ranges });
    const hits = await semanticSearchQuantized(corpus.row(3), stored);
    expect(hits).toEqual(await semanticSearchQuantized([...corpus.row(3)], quantizeEmbeddings(corpus, precision)));
  }
});

test("parts of quantized embeddings that don't fit each other are refused", () => {
  const ranges = { minimum: Float32Array.of(0, 0), maximum: Float32Array.of(1, 1) };
  const fine = { data: new Int8Array(4), count: 2, dimension: 2, precision: "int8" as const, ranges };
  const make = (changes: object) => () => new QuantizedEmbeddings({ ...fine, ...changes });
  expect(make({})()).toMatchObject({ precision: "int8", ranges, count: 2 });
  expect(make({ ranges: undefined })).toThrow("embeddings of int8 need the ranges with which they were quantized");
  expect(make({ precision: "binary" })).toThrow("embeddings of binary have no ranges");
  expect(make({ precision: "uint8" })).toThrow("data of uint8 should be of Uint8Array, got Int8Array");
  expect(make({ precision: "float32" })).toThrow("precision should be one of int8, uint8, binary, ubinary");
  expect(make({ count: 3 })).toThrow("3 embeddings of dimension 2 are 6 numbers, got 4");
  const short = { minimum: Float32Array.of(0), maximum: Float32Array.of(1) };
  expect(make({ ranges: short })).toThrow("the ranges are for 1 dimensions, the embeddings have 2");
  const odd = { minimum: Float32Array.of(0, Number.NaN), maximum: Float32Array.of(1, 1) };
  expect(make({ ranges: odd })).toThrow("the ranges hold a number that is not finite");
});
