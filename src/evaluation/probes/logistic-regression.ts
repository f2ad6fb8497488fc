/**
 * Logistic regression: a linear model of the probabilities of classes, its weights held small.
 * Source: `LogisticRegression` of scikit-learn with its defaults (L2, C = 1, biases free), which MTEB probes embeddings
 * with. Its minimum is one point, so that both find the same one.
 */
import { similarity } from "../../similarity/similarity.ts";
import { Embeddings } from "../../tensor/embeddings.ts";
import { minimize } from "./lbfgs.ts";

/** Scikit-learn stops at 1e-4 already: closer to the minimum the answers no longer depend on the way there. */
const tolerance = 1e-7;

export class LogisticRegression {
  /** `[rows, dimension]`: a row for each class, or for the second of two alone, whose first has the score 0. */
  readonly weights: Embeddings;
  /** `[rows]` */
  readonly biases: Float32Array;

  private constructor(weights: Embeddings, biases: Float32Array) {
    this.weights = weights;
    this.biases = biases;
  }

  /**
   * @param points `[count, dimension]`
   * @param labels `[count]`: classes from 0 to `classes` - 1, two or more
   */
  static fit(points: Embeddings, labels: Int32Array, classes: number): LogisticRegression {
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

  /** The likeliest class of each point: `[count]`. */
  predict(points: Embeddings): Int32Array {
    return Int32Array.from(similarity(points, this.weights, "dot"), (scores) => {
      const biased = scores.map((score, row) => score + this.biases[row]!);
      return biased.length === 1 ? Number(biased[0]! > 0) : biased.indexOf(Math.max(...biased));
    });
  }
}

/**
 * Mean of -log p(label), and half the squared weights by the number of points. The parameters are the weights, row by
 * row, then the biases.
 */
function objective({ data, count, dimension }: Embeddings, labels: Int32Array, rows: number) {
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
      // Of two classes the first has no row: its score is 0.
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
