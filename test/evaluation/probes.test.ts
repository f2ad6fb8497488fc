/** Logistic regression against scikit-learn (tools/gold/probes.py). */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { minimize } from "../../src/evaluation/probes/lbfgs.ts";
import { LogisticRegression } from "../../src/evaluation/probes/logistic-regression.ts";
import { mean } from "../../src/evaluation/statistics/mean.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
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

    test("has the probabilities that scikit-learn's weights give", () => {
      const probabilities = model.predictProbabilities(Embeddings.fromRows(points!));
      expect([probabilities.count, probabilities.dimension]).toEqual([points!.length, new Set(given).size]);
      for (const [at, point] of points!.entries()) {
        const scores = weights!.map(
          (row, own) => sum(row.map((weight, column) => weight * point[column]!)) + Number(biases![own]),
        );
        const powers = (scores.length === 1 ? [0, ...scores] : scores).map(Math.exp);
        for (const [own, power] of powers.entries())
          expect(probabilities.row(at)[own]).toBeCloseTo(power / sum(powers), 4);
      }
    });
  },
);

test.each<[string, number[][], number[], number]>([
  ["classes should be an integer of 2 or more, got 1", [[1], [2]], [0, 0], 1],
  ["expected one label per point and at least one, got 1 labels and 2 points", [[1], [2]], [0], 2],
  ["expected one label per point and at least one, got 0 labels and 0 points", [], [], 2],
  ["labels should be integers from 0 to 1, got 2", [[1], [2]], [0, 2], 2],
  ["labels should be integers from 0 to 1, got 0.5", [[1], [2]], [0, 0.5], 2],
  ["points should hold finite numbers", [[1], [Number.NaN]], [0, 1], 2],
])("logistic regression refuses: %s", (problem, points, labels, classes) => {
  expect(() => LogisticRegression.fit(Embeddings.fromRows(points), labels, classes)).toThrow(problem);
});

test("logistic regression has the same weights wherever the origin is", () => {
  const { train, labels } = gold.logisticRegression["four classes"];
  // Multiples of a quarter, which are exact beside the offset.
  const points: number[][] = train.map((row: number[]) => row.map((x) => Math.round(4 * x) / 4));
  const [near, far] = [0, 1000].map((offset) =>
    LogisticRegression.fit(Embeddings.fromRows(points.map((row) => row.map((x) => x + offset))), labels, 4),
  );
  for (const [i, weight] of near!.weights.data.entries()) expect(far!.weights.data[i]).toBeCloseTo(weight, 4);
});

test("L-BFGS takes no shorter steps where the rounding of values hides a decrease", () => {
  const scales = [1, 1000, 0.01, 30, 7];
  let evaluations = 0;
  const minimum = minimize(
    (point, gradient) => {
      evaluations++;
      for (const [i, scale] of scales.entries()) gradient[i] = scale * (point[i]! - 10);
      // Terms of 50,000, which cancel the digits that (x - 10)^2 has.
      return point.reduce((sum, x, i) => sum + scales[i]! * x * (x / 2 - 10), 0);
    },
    new Float64Array(5).fill(9),
    { tolerance: 1e-9, maxIterations: 200 },
  );
  for (const x of minimum) expect(x).toBeCloseTo(10, 9);
  expect(evaluations).toBeLessThan(60);
});

test("L-BFGS takes the shortest way where it is told the inverse Hessian", () => {
  const scales = [1, 1000, 0.01, 30, 7];
  let evaluations = 0;
  const minimum = minimize(
    (point, gradient) => {
      evaluations++;
      for (const [i, scale] of scales.entries()) gradient[i] = scale * (point[i]! - i);
      return point.reduce((sum, x, i) => sum + (scales[i]! * (x - i) ** 2) / 2, 0);
    },
    new Float64Array(5).fill(9),
    {
      tolerance: 1e-9,
      maxIterations: 200,
      precondition(vector) {
        for (const [i, scale] of scales.entries()) vector[i]! /= scale;
      },
    },
  );
  for (const [i, x] of minimum.entries()) expect(x).toBeCloseTo(i, 6);
  // The start, a step of the wrong length in the right direction, and one to the end.
  expect(evaluations).toBe(3);
});

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
