/** Scores that are the mean of one value an item (query, triplet, text), as most are. */
import type { Resampling } from "../evaluator.ts";

export function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

/** The mean when item `i` occurs `counts[i]` times. */
export function meanResampling(values: ArrayLike<number>): Resampling {
  return {
    itemCount: values.length,
    statistic: (counts) => {
      let sum = 0;
      let drawn = 0;
      for (let i = 0; i < counts.length; i++) {
        sum += counts[i]! * values[i]!;
        drawn += counts[i]!;
      }
      return sum / drawn;
    },
  };
}
