/** Reciprocal rank fusion against exact fractions, computed in Python from the paper's equation. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { reciprocalRankFusion } from "../../src/search/index.ts";
import { fuseRanks } from "../../src/search/reciprocal-rank-fusion.ts";

interface Case {
  readonly rankings: string[][];
  readonly fused: [string, number][];
}

const cases: Case[] = JSON.parse(await readFile(new URL("../gold/search/fusion.json", import.meta.url), "utf8"));

test.each(cases)("rankings of $rankings.length lists", ({ rankings, fused }) => {
  const mine = fuseRanks(rankings, 10);
  expect(mine.length).toBe(fused.length);
  const expected = new Map(fused);
  for (const [index, { id, score }] of mine.entries()) {
    expect(score).toBeCloseTo(expected.get(id)!, 14);
    expect(score).toBeCloseTo(fused[index]![1], 14);
  }
});

test("hits of two searches, fused by their ranks", () => {
  const dense = [3, 1, 2].map((corpusId, index) => ({ corpusId, score: 0.9 - index }));
  const sparse = [1, 7].map((corpusId) => ({ corpusId, score: 30 }));
  const fused = reciprocalRankFusion([dense, sparse]);
  expect(fused.map(({ corpusId }) => corpusId)).toEqual([1, 3, 7, 2]);
  expect(fused[0]!.score).toBeCloseTo(1 / 62 + 1 / 61, 14);
  expect(reciprocalRankFusion([dense, sparse], { k: 1, topK: 1 })).toEqual([{ corpusId: 1, score: 1 / 3 + 1 / 2 }]);
  expect(() => reciprocalRankFusion([dense[0] as never])).toThrow(/rankings\[0\] should be an array/);
  expect(() => reciprocalRankFusion([], { k: 0 })).toThrow(/k should be a positive integer/);
});
