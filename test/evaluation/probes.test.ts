/** Logistic regression and mini-batch k-means against scikit-learn (tools/gold/probes.py). */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { clusteringScores } from "../../src/evaluation/metrics/clustering.ts";
import { kMeansPlusPlus } from "../../src/evaluation/probes/k-means-plus-plus.ts";
import { minimize } from "../../src/evaluation/probes/lbfgs.ts";
import { LogisticRegression } from "../../src/evaluation/probes/logistic-regression.ts";
import { miniBatchKMeans } from "../../src/evaluation/probes/mini-batch-k-means.ts";
import { mean } from "../../src/evaluation/statistics/mean.ts";
import { Random } from "../../src/random.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

const gold = JSON.parse(readFileSync(new URL("../gold/evaluation/probes.json", import.meta.url), "utf8"));

describe.each<[string, Record<string, number[][]>]>(Object.entries(gold.logisticRegression))(
  "logistic regression, %s",
  (_, { train, labels, test: points, weights, biases, predicted }) => {
    const given = Int32Array.from(labels as unknown as number[]);
    const model = LogisticRegression.fit(Embeddings.fromRows(train!), given, new Set(given).size);

    test("has scikit-learn's weights, and its biases but for what they have in common", () => {
      for (const [row, expected] of weights!.entries()) {
        for (const [column, weight] of expected.entries())
          expect(model.weights.row(row)[column]).toBeCloseTo(weight, 4);
      }
      const expected = biases as unknown as number[];
      const common = (values: ArrayLike<number>) => (values.length === 1 ? 0 : mean(values));
      for (const [row, bias] of expected.entries()) {
        expect(model.biases[row]! - common(model.biases)).toBeCloseTo(bias - common(expected), 4);
      }
    });

    test("predicts what scikit-learn predicts", () => {
      expect([...model.predict(Embeddings.fromRows(points!))]).toEqual(predicted);
    });
  },
);

test("L-BFGS finds the minimum of a badly scaled quadratic function", () => {
  const scales = [1, 1000, 0.01, 30, 7];
  const minimum = minimize(
    (point, gradient) => {
      for (const [i, scale] of scales.entries()) gradient[i] = scale * (point[i]! - i);
      return point.reduce((sum, x, i) => sum + (scales[i]! * (x - i) ** 2) / 2, 0);
    },
    new Float64Array(5).fill(9),
    { tolerance: 1e-9, maxIterations: 200 },
  );
  for (const [i, x] of minimum.entries()) expect(x).toBeCloseTo(i, 6);
});

interface ClusteringCase {
  points: number[];
  dimension: number;
  labels: number[];
  vMeasures: number[];
  inertias: number[];
}

describe.each<[string, ClusteringCase]>(Object.entries(gold.miniBatchKMeans))(
  "mini-batch k-means, %s",
  (_, expected) => {
    const { dimension, labels } = expected;
    const points = new Embeddings(Float32Array.from(expected.points), labels.length, dimension);
    const clusters = new Set(labels).size;

    test("clusters are as good as scikit-learn's, on average over seeds", () => {
      const runs = Array.from(expected.vMeasures, (_, seed) =>
        miniBatchKMeans(points, clusters, Random.fromText(`${seed}`)),
      );
      const vMeasures = runs.map((run) => clusteringScores(labels, run.labels).vMeasure);
      const inertias = runs.map(({ inertia }) => inertia);
      // Means of samples: within three of their standard errors.
      for (const [ours, theirs] of [
        [vMeasures, expected.vMeasures],
        [inertias, expected.inertias],
      ] as const) {
        const error = Math.sqrt(variance(ours) / ours.length + variance(theirs) / theirs.length);
        expect(Math.abs(mean(ours) - mean(theirs))).toBeLessThan(3 * error);
      }
    });

    test("the inertia is that of the labels' nearest centers, every seed gives its own clusters again", () => {
      const run = miniBatchKMeans(points, clusters, Random.fromText("a"));
      expect(miniBatchKMeans(points, clusters, Random.fromText("a"))).toEqual(run);
      expect(miniBatchKMeans(points, clusters, Random.fromText("b")).labels).not.toEqual(run.labels);
      // No center is better than the mean of its points.
      let best = 0;
      for (let cluster = 0; cluster < clusters; cluster++) {
        const members = [...points].filter((_, point) => run.labels[point] === cluster);
        for (let i = 0; i < dimension; i++) {
          const values = members.map((member) => member[i]!);
          if (values.length > 0) best += variance(values) * values.length;
        }
      }
      expect(run.inertia).toBeGreaterThan(best * 0.9999);
      expect(run.inertia).toBeLessThan(best * 1.1);
    });
  },
);

test("as many clusters as points, and points that are all the same", () => {
  const different = Embeddings.fromRows([[0], [5], [9]]);
  const runs = Array.from({ length: 200 }, (_, seed) => miniBatchKMeans(different, 3, Random.fromText(`${seed}`)));
  // A batch may leave a point out, whose center then begins anew: scikit-learn 1.9 tells all apart in 131 of 200 runs.
  const told = runs.filter(({ labels }) => new Set(labels).size === 3).length;
  expect(told).toBeGreaterThan(100);
  expect(told).toBeLessThan(160);
  const same = Embeddings.fromRows(Array(20).fill([1, 2]));
  expect(new Set(miniBatchKMeans(same, 4, Random.fromText("1")).labels).size).toBe(1);
});

test("a single point far off becomes a cluster of its own as seldom as in scikit-learn: poor centers begin anew", () => {
  const { runs, alone } = gold.outlierAlone;
  const near = Array.from({ length: 3000 }, (_, i) => [(i % 2) * 10 + ((i * 7919) % 1000) / 1000, 0]);
  const points = Embeddings.fromRows([...near, [0, 300]]);
  let ours = 0;
  for (let seed = 0; seed < runs; seed++) {
    const { labels } = miniBatchKMeans(points, 3, Random.fromText(`${seed}`));
    if (labels.indexOf(labels.at(-1)!) === 3000) ours++;
  }
  // Three standard errors of the difference of two such counts; without new beginnings it is twice as many.
  expect(Math.abs(ours - alone)).toBeLessThan(3 * Math.sqrt(2 * alone * (1 - alone / runs)));
});

test("k-means++ takes points far from one another", () => {
  const points = Embeddings.fromRows([...Array(50).fill([0, 0]), [100, 0], ...Array(50).fill([0, 1]), [0, 100]]);
  for (let seed = 0; seed < 20; seed++) {
    const centers = [...kMeansPlusPlus(points, 3, Random.fromText(`${seed}`))].map((center) => [...center]);
    expect(centers).toContainEqual([100, 0]);
    expect(centers).toContainEqual([0, 100]);
  }
});

function variance(values: readonly number[]): number {
  const center = mean(values);
  return mean(values.map((value) => (value - center) ** 2));
}
