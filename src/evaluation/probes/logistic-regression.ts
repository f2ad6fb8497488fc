/**
 * Logistic regression with L2 regularization: a linear classifier on embeddings, for few labelled texts and for probing.
 * Source: `LogisticRegression` of scikit-learn with its defaults (L2, C = 1, biases not regularized), MTEB's probe. The
 * minimum is unique, so both find the same one.
 */

import { HpdError } from "../../errors.ts";
import { asEmbeddings, type EmbeddingsLike } from "../../similarity/as-embeddings.ts";
import { requireSameDimension } from "../../similarity/similarity.ts";
import { Embeddings } from "../../tensor/embeddings.ts";
import { minimize } from "./lbfgs.ts";
import { ProductKernel } from "./product-kernel.ts";

/** Tolerance of the gradient. Scikit-learn's is 1e-4; closer to the minimum the result is independent of the path. */
const tolerance = 1e-7;

export class LogisticRegression {
  /** Weights: `[rows, dimension]`, a row per class, or a single row for the second of two classes. */
  readonly weights: Embeddings;
  /** Biases: `[rows]`. */
  readonly biases: Float32Array;

  readonly #kernel: ProductKernel;

  /** @param kernel with the parameters; with two classes those of the first are zero */
  private constructor(kernel: ProductKernel, dimension: number) {
    const { parameters, columns, classes } = kernel;
    const first = classes === 2 ? 1 : 0;
    const rows = classes - first;
    const weights = Float32Array.from({ length: rows * dimension }, (_, at) => {
      return parameters[(at % dimension) * columns + first + Math.floor(at / dimension)]!;
    });
    const biases = dimension * columns;
    this.weights = new Embeddings(weights, rows, dimension);
    this.biases = Float32Array.from(parameters.subarray(biases + first, biases + classes));
    this.#kernel = kernel;
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
    const kernel = new ProductKernel(points.dimension, classes);
    const parameters = minimize(objective(kernel, points, labels), new Float64Array(kernel.parameters.length), {
      tolerance,
      maxIterations: 1000,
      precondition: preconditioner(kernel, points),
    });
    kernel.parameters.set(Float32Array.from(parameters));
    return new LogisticRegression(kernel, points.dimension);
  }

  /** The most probable class of each point: `[count]`. */
  predict(points: EmbeddingsLike): Int32Array {
    const predicted: number[] = [];
    for (const scores of this.#scores(points)) predicted.push(scores.indexOf(Math.max(...scores)));
    return Int32Array.from(predicted);
  }

  /** The probabilities of the classes for each point: `[count, classes]`; each row sums to 1. */
  predictProbabilities(points: EmbeddingsLike): Embeddings {
    const rows: Float32Array[] = [];
    for (const scores of this.#scores(points)) {
      toProbabilities(scores);
      rows.push(Float32Array.from(scores));
    }
    return Embeddings.fromRows(rows);
  }

  /** The logits of each point, in an array that is used again: `[classes]`. */
  *#scores(given: EmbeddingsLike): Generator<Float64Array> {
    const points = asEmbeddings(given);
    requireSameDimension(points, this.weights);
    for (const { start, end } of this.#kernel.scoreBlocks(points)) {
      for (let point = start; point < end; point++) yield this.#kernel.scoresOf(point - start);
    }
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

/** The objective: the mean of -log p(label), plus half the squared weights divided by the number of points. */
function objective(kernel: ProductKernel, points: Embeddings, labels: ArrayLike<number>) {
  const biases = points.dimension * kernel.columns;
  return (parameters: Float64Array, gradient: Float64Array): number => {
    kernel.parameters.set(parameters);
    kernel.gradient.fill(0);
    let loss = 0;
    for (const { start, end } of kernel.scoreBlocks(points)) {
      for (let point = start; point < end; point++) {
        const errors = kernel.scoresOf(point - start);
        const label = labels[point]!;
        const score = errors[label]!;
        loss += toProbabilities(errors) - score;
        errors[label]! -= 1;
        // Two classes have one row of parameters: those of the first stay zero.
        if (kernel.classes === 2) errors[0] = 0;
      }
      kernel.addGradient(end - start);
    }
    for (let i = 0; i < gradient.length; i++) {
      const weight = i < biases ? parameters[i]! : 0;
      loss += weight ** 2 / 2;
      gradient[i] = (kernel.gradient[i]! + weight) / points.count;
    }
    return loss / points.count;
  };
}

/** Turns scores into probabilities. Returns the logarithm of the sum of their powers. */
function toProbabilities(scores: Float64Array): number {
  let highest = scores[0]!;
  for (let i = 1; i < scores.length; i++) highest = Math.max(highest, scores[i]!);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) {
    scores[i] = Math.exp(scores[i]! - highest);
    sum += scores[i]!;
  }
  for (let i = 0; i < scores.length; i++) scores[i]! /= sum;
  return highest + Math.log(sum);
}

/**
 * A guess of the inverse Hessian: the identity of other coordinates, whose origin is the mean of the points and whose
 * biases count as much as a dimension of half their spread. In the given ones a bias and the weights along the mean do
 * nearly the same, and it takes two to six times as many steps to tell them apart.
 */
function preconditioner({ classes, columns }: ProductKernel, points: Embeddings): (vector: Float64Array) => void {
  const { count, dimension } = points;
  const means = new Float64Array(dimension);
  for (const point of points) for (let i = 0; i < dimension; i++) means[i]! += point[i]! / count;
  let variance = 0;
  for (const point of points) for (let i = 0; i < dimension; i++) variance += (point[i]! - means[i]!) ** 2 / count;
  const ofBias = variance / 4 + classes / count;
  return (vector) => {
    const biases = dimension * columns;
    for (let column = 0; column < classes; column++) {
      const bias = vector[biases + column]!;
      let common = 0;
      for (let i = 0, at = column; i < dimension; i++, at += columns) {
        vector[at]! -= means[i]! * bias;
        common += means[i]! * vector[at]!;
      }
      vector[biases + column] = ofBias * bias - common;
    }
  };
}
