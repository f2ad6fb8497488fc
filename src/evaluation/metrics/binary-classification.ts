/**
 * Metrics of binary classification by a score: the higher it is, the likelier the label 1. A threshold never separates
 * equal scores.
 * Source: `average_precision_score` and `matthews_corrcoef` of scikit-learn; `find_best_acc_and_threshold` and
 * `find_best_f1_and_threshold` of sentence-transformers' `BinaryClassificationEvaluator`.
 */
import { HpdError } from "../../errors.ts";

export interface BestAccuracy {
  readonly accuracy: number;
  /** Smallest score that is predicted to be 1. */
  readonly threshold: number;
}

export interface BestF1 {
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
  /** Smallest score that is predicted to be 1. */
  readonly threshold: number;
}

/**
 * Average precision, 0 to 1: the mean, over the items of label 1, of the precision at their score.
 *
 * @param positives number of items of label 1, including those without a score; default: those of `labels`
 * @throws HpdError `invalid_argument` for labels other than 0 and 1, scores that are not finite, and no label 1
 */
export function averagePrecision(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  positives = countOnes(labels),
): number {
  requirePositives(positives, labels);
  const scored = countOnes(labels);
  if (scored === 0) return 0;
  return (averagePrecisionStatistic(scores, labels)(new Int32Array(scores.length).fill(1)) * scored) / positives;
}

/** `averagePrecision` as a statistic: item `i` occurs `counts[i]` times; NaN if no item of label 1 occurs. Sorts once. */
export function averagePrecisionStatistic(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): (counts: Int32Array) => number {
  const groups = groupByScore(scores, labels);
  return (counts) => {
    let predicted = 0;
    let correct = 0;
    let sum = 0;
    for (const { indices } of groups) {
      let newlyCorrect = 0;
      for (const index of indices) {
        predicted += counts[index]!;
        newlyCorrect += counts[index]! * labels[index]!;
      }
      correct += newlyCorrect;
      if (newlyCorrect > 0) sum += (correct / predicted) * newlyCorrect;
    }
    return sum / correct;
  };
}

/** The highest accuracy of any threshold, and that threshold. @throws HpdError as `averagePrecision` */
export function bestAccuracy(scores: ArrayLike<number>, labels: ArrayLike<number>): BestAccuracy {
  const groups = groupByScore(scores, labels);
  const positives = countOnes(labels);
  requirePositives(positives, labels);
  // Initially no item is predicted to be 1.
  let best: BestAccuracy = {
    accuracy: (labels.length - positives) / labels.length,
    threshold: nextAbove(groups[0]!.score),
  };
  let correct = labels.length - positives;
  for (const [position, { indices }] of groups.entries()) {
    for (const index of indices) correct += labels[index] === 1 ? 1 : -1;
    const accuracy = correct / labels.length;
    if (accuracy > best.accuracy) best = { accuracy, threshold: thresholdAfter(groups, position) };
  }
  return best;
}

/**
 * The highest F1 of any threshold, and that threshold.
 *
 * @param positives as of `averagePrecision`
 * @throws HpdError as `averagePrecision`
 */
export function bestF1(scores: ArrayLike<number>, labels: ArrayLike<number>, positives = countOnes(labels)): BestF1 {
  requirePositives(positives, labels);
  const groups = groupByScore(scores, labels);
  let best: BestF1 = { f1: 0, precision: 0, recall: 0, threshold: 0 };
  let predicted = 0;
  let correct = 0;
  for (const [position, { indices }] of groups.entries()) {
    for (const index of indices) correct += labels[index]!;
    predicted += indices.length;
    if (correct === 0) continue;
    const precision = correct / predicted;
    const recall = correct / positives;
    const f1 = (2 * precision * recall) / (precision + recall);
    if (f1 > best.f1) best = { f1, precision, recall, threshold: thresholdAfter(groups, position) };
  }
  return best;
}

/** Matthews correlation of labels and predictions at a threshold, -1 to 1; 0 if all labels or predictions are equal. */
export function matthewsCorrelation(scores: ArrayLike<number>, labels: ArrayLike<number>, threshold: number): number {
  let [truePositives, falsePositives, falseNegatives, trueNegatives] = [0, 0, 0, 0];
  for (let i = 0; i < scores.length; i++) {
    if (scores[i]! >= threshold) labels[i] === 1 ? truePositives++ : falsePositives++;
    else labels[i] === 1 ? falseNegatives++ : trueNegatives++;
  }
  const product =
    (truePositives + falsePositives) *
    (truePositives + falseNegatives) *
    (trueNegatives + falsePositives) *
    (trueNegatives + falseNegatives);
  if (product === 0) return 0;
  return (truePositives * trueNegatives - falsePositives * falseNegatives) / Math.sqrt(product);
}

/** Items of equal score. */
interface ScoreGroup {
  readonly score: number;
  readonly indices: readonly number[];
}

/** Groups the items by score, in descending order. */
function groupByScore(scores: ArrayLike<number>, labels: ArrayLike<number>): ScoreGroup[] {
  requireScoredLabels(scores, labels);
  const order = Uint32Array.from(scores, (_, index) => index).sort((a, b) => scores[b]! - scores[a]!);
  const groups: { score: number; indices: number[] }[] = [];
  for (const index of order) {
    const last = groups.at(-1);
    if (last !== undefined && last.score === scores[index]) last.indices.push(index);
    else groups.push({ score: scores[index]!, indices: [index] });
  }
  return groups;
}

/** The threshold half-way to the next lower score, or the score itself if rounding would reach the lower one. */
function thresholdAfter(groups: readonly ScoreGroup[], position: number): number {
  const { score } = groups[position]!;
  const next = groups[position + 1]?.score;
  const middle = next === undefined ? score : (score + next) / 2;
  return middle === next ? score : middle;
}

/** The next larger double: `numpy.nextafter` towards infinity. */
function nextAbove(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  const bits = new BigInt64Array(new Float64Array([value]).buffer);
  bits[0]! += value > 0 ? 1n : -1n;
  return new Float64Array(bits.buffer)[0]!;
}

function countOnes(labels: ArrayLike<number>): number {
  return Array.from(labels).reduce((sum, label) => sum + label, 0);
}

function requireScoredLabels(scores: ArrayLike<number>, labels: ArrayLike<number>): void {
  if (scores.length !== labels.length) {
    throw new HpdError(
      "invalid_argument",
      `expected one label per score, got ${labels.length} labels and ${scores.length} scores`,
    );
  }
  for (let i = 0; i < scores.length; i++) {
    if (labels[i] !== 0 && labels[i] !== 1) {
      throw new HpdError("invalid_argument", `labels should be 0 or 1, got ${labels[i]} at ${i}`);
    }
    if (!Number.isFinite(scores[i])) {
      throw new HpdError("invalid_argument", `scores should be finite numbers, got ${scores[i]} at ${i}`);
    }
  }
}

function requirePositives(positives: number, labels: ArrayLike<number>): void {
  if (positives > 0) return;
  throw new HpdError("invalid_argument", `expected at least one label 1, got none among ${labels.length} labels`);
}
