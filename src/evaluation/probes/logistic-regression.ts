/**
 * Logistic regression with L2 regularization: a linear classifier on embeddings, for few labelled texts and for probing.
 * Source: `LogisticRegression` of scikit-learn with its defaults (L2, C = 1, biases not regularized), MTEB's probe. The
 * minimum is unique, so both find the same one.
 */

import { HpdError } from "../../errors.ts";
import { asEmbeddings, type EmbeddingsLike } from "../../similarity/as-embeddings.ts";
import { similarity } from "../../similarity/similarity.ts";
import { Embeddings } from "../../tensor/embeddings.ts";
import { minimize } from "./lbfgs.ts";

/** Tolerance of the gradient. Scikit-learn's is 1e-4; closer to the minimum the result is independent of the path. */
const tolerance = 1e-7;

export class LogisticRegression {
  /** Weights: `[rows, dimension]`, a row per class, or a single row for the second of two classes. */
  readonly weights: Embeddings;
  /** Biases: `[rows]`. */
  readonly biases: Float32Array;

  private constructor(weights: Embeddings, biases: Float32Array) {
    this.weights = weights;
    this.biases = biases;
  }

  /**
   * Fits a classifier.
   *
   * @param given the points, `[count, dimension]`
   * @param labels `[count]`: integers from 0 to `classes` - 1
   * @param classes number of classes, two or more
   * @throws HpdError `invalid_argument` for other labels, and for points with a number that is not finite
   */
  static fit(given: EmbeddingsLike, labels: ArrayLike<number>, classes: number): LogisticRegression {
    const points = asEmbeddings(given);
    requireLabelled(points, labels, classes);
    const { dimension } = points;
    const rows = classes === 2 ? 1 : classes;
    const parameters = minimize(objective(points, labels, rows), new Float64Array(rows * (dimension + 1)), {
      tolerance,
      maxIterations: 1000,
    });
    const weights = new Float32Array(parameters.subarray(0, rows * dimension));
    return new LogisticRegression(
      new Embeddings(weights, rows, dimension),
      new Float32Array(parameters.subarray(rows * dimension)),
    );
  }

  /** The most probable class of each point: `[count]`. */
  predict(points: EmbeddingsLike): Int32Array {
    return Int32Array.from(this.#scores(points), (scores) => scores.indexOf(Math.max(...scores)));
  }

  /** The probabilities of the classes for each point: `[count, classes]`; each row sums to 1. */
  predictProbabilities(points: EmbeddingsLike): Embeddings {
    return Embeddings.fromRows(
      this.#scores(points).map((scores) => {
        const highest = Math.max(...scores);
        const powers = scores.map((score) => Math.exp(score - highest));
        const sum = powers.reduce((total, power) => total + power);
        return powers.map((power) => power / sum);
      }),
    );
  }

  /** The logits of each point: `[count][classes]`. */
  #scores(points: EmbeddingsLike): number[][] {
    const scores = similarity(points, this.weights, "dot");
    const biased = Array.from(scores, (row) => Array.from(row, (score, at) => score + this.biases[at]!));
    return biased.map((row) => (row.length === 1 ? [0, ...row] : row));
  }
}

function requireLabelled({ data, count }: Embeddings, labels: ArrayLike<number>, classes: number): void {
  const isClass = (label: number) => Number.isInteger(label) && label >= 0 && label < classes;
  const wrong = Array.from(labels).find((label) => !isClass(label));
  const problem =
    !Number.isInteger(classes) || classes < 2
      ? `classes should be an integer of 2 or more, got ${classes}`
      : labels.length !== count || count === 0
        ? `expected one label per point and at least one, got ${labels.length} labels and ${count} points`
        : wrong !== undefined
          ? `labels should be integers from 0 to ${classes - 1}, got ${wrong}`
          : data.every(Number.isFinite)
            ? undefined
            : "points should hold finite numbers";
  if (problem !== undefined) throw new HpdError("invalid_argument", `LogisticRegression: ${problem}`);
}

/**
 * The objective: the mean of -log p(label), plus half the squared weights divided by the number of points. The parameters
 * are the weights, row by row, then the biases.
 */
function objective({ data, count, dimension }: Embeddings, labels: ArrayLike<number>, rows: number) {
  const scores = new Float64Array(rows);
  return (parameters: Float64Array, gradient: Float64Array): number => {
    const biasAt = rows * dimension;
    let loss = 0;
    gradient.fill(0);
    for (let point = 0; point < count; point++) {
      const start = point * dimension;
      for (let row = 0; row < rows; row++) {
        let score = parameters[biasAt + row]!;
        for (let i = 0, at = row * dimension; i < dimension; i++) score += parameters[at + i]! * data[start + i]!;
        scores[row] = score;
      }
      // With two classes the first has no row: its logit is 0.
      const highest = Math.max(rows === 1 ? 0 : Number.NEGATIVE_INFINITY, ...scores);
      let sum = rows === 1 ? Math.exp(-highest) : 0;
      for (const score of scores) sum += Math.exp(score - highest);
      const rowOfLabel = rows === 1 ? labels[point]! - 1 : labels[point]!;
      loss += Math.log(sum) + highest - (scores[rowOfLabel] ?? 0);
      for (let row = 0; row < rows; row++) {
        const error = (Math.exp(scores[row]! - highest) / sum - (row === rowOfLabel ? 1 : 0)) / count;
        for (let i = 0, at = row * dimension; i < dimension; i++) gradient[at + i]! += error * data[start + i]!;
        gradient[biasAt + row]! += error;
      }
    }
    let squares = 0;
    for (let i = 0; i < biasAt; i++) {
      squares += parameters[i]! ** 2;
      gradient[i]! += parameters[i]! / count;
    }
    return (loss + squares / 2) / count;
  };
}
