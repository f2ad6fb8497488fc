/** Correlations and the similarity evaluator against Python (tools/gold/correlation.py). */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/evaluation/evaluate.ts";
import { EmbeddingSimilarityEvaluator } from "../../src/evaluation/evaluators/embedding-similarity.ts";
import {
  averageRanks,
  pearson,
  pearsonStatistic,
  spearman,
  spearmanStatistic,
} from "../../src/evaluation/metrics/correlation.ts";
import { Embeddings } from "../../src/index.ts";
import { scoreOfAllItems } from "./resampling.ts";

const gold = JSON.parse(readFileSync(new URL("../gold/evaluation/correlation.json", import.meta.url), "utf8"));

interface Case {
  name: string;
  x: number[];
  y: number[];
  ranks: number[];
  pearson: number;
  spearman: number;
}

describe("correlations of SciPy", () => {
  test.each(gold.correlations as Case[])("$name", ({ x, y, ...expected }) => {
    expect([...averageRanks(x)]).toEqual(expected.ranks);
    expect(Math.abs(spearman(x, y) - expected.spearman)).toBeLessThan(1e-9);
    expect(Math.abs(pearson(x, y) - expected.pearson)).toBeLessThan(1e-9);
  });

  test.each([
    [[1, 2, 3], [4, 4, 4], /numbers that differ, got 4 for all 3 of one side/],
    [[0.5, 0.5], [1, 2], /numbers that differ, got 0.5 for all 2 of one side/],
    [[1, Number.NaN], [1, 2], /finite numbers, got NaN at 1/],
    [[1], [2], /two or more pairs/],
    [[1, 2], [1, 2, 3], /got 2 and 3 numbers/],
  ])("%j and %j have none", (x, y, message) => {
    expect(() => spearman(x, y)).toThrow(message);
    expect(() => pearson(x, y)).toThrow(message);
  });
});

const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 }), fc.nat(3)), {
  minLength: 2,
  maxLength: 30,
});

test("a statistic of counts is the correlation of the items drawn so often", () => {
  fc.assert(
    fc.property(pairs, (drawn) => {
      const [x, y, counts] = [0, 1, 2].map((column) => drawn.map((row) => row[column]!)) as [
        number[],
        number[],
        number[],
      ];
      const repeat = (values: number[]) =>
        values.flatMap((value, index) => new Array<number>(counts[index]!).fill(value));
      const of = (statistic: (counts: Int32Array) => number) => statistic(Int32Array.from(counts));
      if (new Set(repeat(x)).size < 2 || new Set(repeat(y)).size < 2) {
        expect(of(spearmanStatistic(x, y))).toBeNaN();
        expect(of(pearsonStatistic(x, y))).toBeNaN();
      } else {
        expect(of(spearmanStatistic(x, y))).toBeCloseTo(spearman(repeat(x), repeat(y)), 10);
        expect(of(pearsonStatistic(x, y))).toBeCloseTo(pearson(repeat(x), repeat(y)), 10);
      }
    }),
  );
});

describe("EmbeddingSimilarityEvaluator of sentence-transformers", () => {
  const { embeddings, sentences1, sentences2, scores, expected } = gold.embeddingSimilarity;
  const encode = async (texts: readonly string[]) => Embeddings.fromRows(texts.map((text) => embeddings[text]));

  test("every correlation of every similarity", async () => {
    const [evaluation] = await evaluate(encode, [new EmbeddingSimilarityEvaluator({ sentences1, sentences2, scores })]);
    for (const similarity of ["cosine", "dot", "euclidean", "manhattan"]) {
      for (const correlation of ["pearson", "spearman"]) {
        const own = evaluation!.scores[`${similarity}_${correlation}`]!;
        // Cosines are rounded to float32 on both sides.
        const difference = Math.abs(own - expected[`${correlation}_${similarity}`]);
        expect(difference, `${similarity} ${correlation}`).toBeLessThan(similarity === "cosine" ? 1e-6 : 1e-9);
      }
    }
  });

  test("the main score is the statistic of one of each, and every pair is there to look at", async () => {
    const evaluator = new EmbeddingSimilarityEvaluator({ sentences1, sentences2, scores }, { mainSimilarity: "dot" });
    const [evaluation] = await evaluate(encode, [evaluator]);
    expect(evaluation).toMatchObject({ name: "STS", type: "STS", mainMetric: "dot_spearman", count: 60 });
    expect(scoreOfAllItems(evaluation!)).toBe(evaluation!.scores.dot_spearman);
    expect(
      spearman(
        evaluation!.pairs!.map(({ predicted }) => predicted),
        scores,
      ),
    ).toBe(evaluation!.scores.dot_spearman);
    expect(evaluation!.pairs![3]).toMatchObject({
      sentence1: sentences1[3],
      sentence2: sentences2[3],
      gold: scores[3],
    });
  });

  test("constant scores, no pairs, and other than one score a pair are refused", async () => {
    const constant = { sentences1: ["text 1", "text 2"], sentences2: ["text 3", "text 4"], scores: [3, 3] };
    await expect(evaluate(encode, [new EmbeddingSimilarityEvaluator(constant, { name: "flat" })])).rejects.toThrow(
      /flat, gold scores and cosine similarities: a correlation needs numbers that differ, got 3 for all 2 of one side/,
    );
    expect(() => new EmbeddingSimilarityEvaluator({ sentences1: [], sentences2: [], scores: [] })).toThrow(
      /at least one/,
    );
    expect(() => new EmbeddingSimilarityEvaluator({ ...constant, scores: [1] })).toThrow(/1 scores/);
  });
});
