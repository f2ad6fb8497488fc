/** Metrics against values of Python (tools/gold/metrics.py), ties and edge cases among them. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  averagePrecision,
  averagePrecisionStatistic,
  bestAccuracy,
  bestF1,
  matthewsCorrelation,
} from "../../src/evaluation/metrics/binary-classification.ts";
import { accuracy, macroF1 } from "../../src/evaluation/metrics/classification.ts";
import { clusteringScores, clusteringStatistic } from "../../src/evaluation/metrics/clustering.ts";
import {
  averagePrecisionAt,
  hitAt,
  type JudgedRanking,
  ndcgAt,
  precisionAt,
  recallAt,
  reciprocalRankAt,
} from "../../src/evaluation/metrics/ranking.ts";

const gold = (name: string) =>
  JSON.parse(readFileSync(new URL(`../gold/evaluation/${name}.json`, import.meta.url), "utf8"));

function expectClose(actual: Record<string, number>, expected: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(expected)) {
    expect(Math.abs(actual[name]! - Number(value)), `${name}: ${actual[name]}, Python ${value}`).toBeLessThan(1e-9);
  }
}

interface PairsCase extends Record<string, unknown> {
  name: string;
  scores: number[];
  labels: number[];
}

describe("rankings", () => {
  const { cases, cutoffs, informationRetrieval } = gold("ranking");

  function scoresOf(ranking: JudgedRanking): Record<string, number> {
    return Object.fromEntries(
      cutoffs.flatMap((k: number) => [
        [`ndcg_cut_${k}`, ndcgAt(k, ranking)],
        [`map_cut_${k}`, averagePrecisionAt(k, ranking)],
        [`recall_${k}`, recallAt(k, ranking)],
        [`P_${k}`, precisionAt(k, ranking)],
        [`success_${k}`, hitAt(k, ranking)],
      ]),
    );
  }

  test("are judged as by pytrec_eval, graded ones too, its order of equal scores given", () => {
    for (const { grades, run, scores } of cases) {
      // trec_eval: the greater id first.
      const documents = Object.keys(run).sort((a, b) => run[b] - run[a] || (a < b ? 1 : -1));
      const found = documents.map((document) => grades[document] ?? 0);
      expectClose(scoresOf({ found, judged: Object.values(grades) }), scores);
    }
  });

  test("MRR@k is MTEB's", () => {
    for (const { grades, run, mrr } of cases) {
      if (mrr === undefined) continue;
      const found = Object.keys(run)
        .sort((a, b) => run[b] - run[a])
        .map((document) => grades[document] ?? 0);
      const ranking = { found, judged: Object.values<number>(grades) };
      const actual = Object.fromEntries(cutoffs.map((k: number) => [k, reciprocalRankAt(k, ranking)]));
      expectClose(actual, mrr);
    }
  });

  test("means of binary grades equal sentence-transformers', its order of equal scores given", () => {
    const rankings: JudgedRanking[] = informationRetrieval.runs.map((run: Record<string, number>, query: number) => {
      const relevant = new Set(informationRetrieval.relevant[query]);
      const documents = Object.keys(run).sort((a, b) => run[b]! - run[a]! || (a < b ? -1 : 1));
      return { found: documents.map((id) => (relevant.has(id) ? 1 : 0)), judged: [...relevant].map(() => 1) };
    });
    const mean = (metric: (k: number, ranking: JudgedRanking) => number, k: number) =>
      rankings.reduce((sum, ranking) => sum + metric(k, ranking), 0) / rankings.length;
    const metrics = {
      accuracy: hitAt,
      precision: precisionAt,
      recall: recallAt,
      ndcg: ndcgAt,
      mrr: reciprocalRankAt,
      map: averagePrecisionAt,
    };
    const actual = Object.entries(metrics).flatMap(([name, metric]) =>
      cutoffs.map((k: number) => [`${name}@${k}`, mean(metric, k)]),
    );
    expectClose(Object.fromEntries(actual), informationRetrieval.scores);
  });
});

describe("scored pairs", () => {
  const cases: PairsCase[] = gold("pairs").cases;

  test.each(cases)(
    "$name: as scikit-learn and sentence-transformers judge them",
    ({ name: _, scores, labels, ...expected }) => {
      const atAccuracy = bestAccuracy(scores, labels);
      const atF1 = bestF1(scores, labels);
      const actual = {
        averagePrecision: averagePrecision(scores, labels),
        accuracy: atAccuracy.accuracy,
        accuracyThreshold: atAccuracy.threshold,
        f1: atF1.f1,
        precision: atF1.precision,
        recall: atF1.recall,
        f1Threshold: atF1.threshold,
        mcc: matthewsCorrelation(scores, labels, atF1.threshold),
      };
      expectClose(actual, expected);
      const predicted = scores.map((score) => (score >= atAccuracy.threshold ? 1 : 0));
      expect(accuracy(labels, predicted), "the threshold reaches the accuracy").toBe(atAccuracy.accuracy);
    },
  );

  test("a pair that occurs n times counts as n pairs", () => {
    const pair = fc.record({
      score: fc.integer({ min: 0, max: 5 }),
      label: fc.integer({ min: 0, max: 1 }),
      count: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 20 }), (pairs) => {
        const drawn = pairs.flatMap(({ count, ...rest }) => Array(count).fill(rest));
        fc.pre(drawn.some(({ label }) => label === 1));
        const counts = Int32Array.from(pairs, ({ count }) => count);
        const statistic = averagePrecisionStatistic(
          pairs.map(({ score }) => score),
          pairs.map(({ label }) => label),
        );
        const expected = averagePrecision(
          drawn.map(({ score }) => score),
          drawn.map(({ label }) => label),
        );
        expect(statistic(counts)).toBeCloseTo(expected, 12);
      }),
    );
    expect(averagePrecisionStatistic([0.5, 0.25], [1, 0])(Int32Array.of(0, 2))).toBeNaN();
  });

  test.each([
    [[0.5], [2], /labels should be 0 or 1, got 2 at 0/],
    [[0.5, 0.5], [1], /one label per score, got 1 labels and 2 scores/],
    [[0.5, Number.NaN], [1, 0], /finite numbers, got NaN at 1/],
    [[0.5, 0.5], [0, 0], /at least one label 1, got none among 2/],
    [[], [], /at least one label 1, got none among 0/],
  ])("scores %j with labels %j are refused", (scores, labels, message) => {
    for (const judge of [averagePrecision, bestAccuracy, bestF1]) {
      expect(() => judge(scores, labels)).toThrow(
        expect.objectContaining({ code: "invalid_argument", message: expect.stringMatching(message) }),
      );
    }
  });
});

describe("labels", () => {
  test("are compared as by scikit-learn", () => {
    for (const { gold: truth, given, ...expected } of gold("labels").cases) {
      const actual = {
        ...clusteringScores(truth, given),
        accuracy: accuracy(truth, given),
        macroF1: macroF1(truth, given),
      };
      expectClose(actual, expected);
    }
  });

  test("an item that occurs n times counts as n items in clusters", () => {
    const item = fc.tuple(
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 0, max: 3 }),
    );
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 20 }), (items) => {
        const drawn = items.flatMap(([label, cluster, count]) => Array(count).fill([label, cluster]));
        fc.pre(drawn.length > 0);
        const statistic = clusteringStatistic(
          items.map(([label]) => label),
          items.map(([, cluster]) => cluster),
        );
        const counted = statistic(Int32Array.from(items, ([, , count]) => count));
        const repeated = clusteringScores(
          drawn.map(([label]) => label),
          drawn.map(([, cluster]) => cluster),
        );
        expect(counted.vMeasure).toBeCloseTo(repeated.vMeasure, 12);
      }),
    );
  });

  test("no items and unequal numbers of them are refused", () => {
    for (const compare of [accuracy, macroF1, clusteringScores]) {
      expect(() => compare([], [])).toThrow(/at least one, got 0 labels and 0 gold labels/);
      expect(() => compare(["a", "b"], ["a"])).toThrow(/got 1 labels and 2 gold labels/);
    }
  });
});
