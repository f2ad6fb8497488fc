/** Reciprocal rank fusion against exact fractions, computed in Python from the paper's equation. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { reciprocalRankFusion } from "../../src/passage-index/query/fuse.ts";

interface Case {
  readonly rankings: string[][];
  readonly fused: [string, number][];
}

const cases: Case[] = JSON.parse(await readFile(new URL("../gold/index/fusion.json", import.meta.url), "utf8"));

test.each(cases)("rankings of $rankings.length lists", ({ rankings, fused }) => {
  const mine = reciprocalRankFusion(rankings);
  expect(mine.length).toBe(fused.length);
  const expected = new Map(fused);
  for (const [index, { id, score }] of mine.entries()) {
    expect(score).toBeCloseTo(expected.get(id)!, 14);
    expect(score).toBeCloseTo(fused[index]![1], 14);
  }
});
