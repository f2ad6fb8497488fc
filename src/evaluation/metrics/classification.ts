/** Metrics of classification. Source: `accuracy_score` and `f1_score(average="macro")` of scikit-learn. */
import { type Label, requireLabels } from "./labels.ts";

/** The fraction of items with a correct prediction. @throws HpdError `invalid_argument` as `macroF1` */
export function accuracy(gold: ArrayLike<Label>, predicted: ArrayLike<Label>): number {
  requireLabels(gold, predicted);
  let correct = 0;
  for (let i = 0; i < gold.length; i++) if (gold[i] === predicted[i]) correct++;
  return correct / gold.length;
}

/**
 * Macro F1: the unweighted mean of F1 over the classes that occur in the labels or in the predictions.
 *
 * @throws HpdError `invalid_argument` for no items, or other than one prediction per item
 */
export function macroF1(gold: ArrayLike<Label>, predicted: ArrayLike<Label>): number {
  requireLabels(gold, predicted);
  const classes = new Map<Label, { correct: number; gold: number; predicted: number }>();
  const countsOf = (label: Label) => {
    const counts = classes.get(label) ?? { correct: 0, gold: 0, predicted: 0 };
    classes.set(label, counts);
    return counts;
  };
  for (let i = 0; i < gold.length; i++) {
    countsOf(gold[i]!).gold++;
    countsOf(predicted[i]!).predicted++;
    if (gold[i] === predicted[i]) countsOf(gold[i]!).correct++;
  }
  let sum = 0;
  for (const counts of classes.values()) sum += (2 * counts.correct) / (counts.gold + counts.predicted);
  return sum / classes.size;
}
