/** What an evaluation's interval is made from, read by tests. */
import type { Evaluation } from "../../src/evaluation/evaluator.ts";
import { mean } from "../../src/evaluation/statistics/mean.ts";

/** The main score with all items, by way of what its interval is made from. */
export function scoreOfAllItems({ resampling }: Evaluation): number {
  if ("itemScores" in resampling!) return mean(resampling.itemScores.map(mean));
  const once = new Int32Array(resampling!.itemCount).fill(1);
  return mean(resampling!.statistics.map((statistic) => statistic(once)));
}

/** The items' parts of the main score, of the only repetition. */
export function itemScoresOf({ resampling }: Evaluation): ArrayLike<number> {
  if (!("itemScores" in resampling!)) throw new Error("the main score is a statistic, and no mean of items");
  return resampling.itemScores[0]!;
}
