/**
 * The pairs with the largest errors. Since a rank correlation depends on order only, a pair's error is the difference of
 * its quantiles among all pairs, by predicted similarity and by gold score.
 */
import type { ScoredPair } from "../evaluator.ts";
import { averageRanks } from "../metrics/correlation.ts";

export interface RankedPair extends ScoredPair {
  /** Fraction of the pairs with a lower gold score, 0 to 1; ties count by half. */
  readonly goldQuantile: number;
  /** Fraction of the pairs with a lower predicted similarity, 0 to 1; ties count by half. */
  readonly predictedQuantile: number;
}

export interface WorstPairs {
  /** Pairs predicted more similar than the gold score, worst first. */
  readonly over: readonly RankedPair[];
  /** Pairs predicted less similar than the gold score, worst first. */
  readonly under: readonly RankedPair[];
}

/** The pairs with the largest errors. @param count maximum on each side */
export function worstPairs(pairs: readonly ScoredPair[], count: number): WorstPairs {
  const quantiles = (values: readonly number[]) => averageRanks(values).map((rank) => (rank - 0.5) / values.length);
  const goldQuantiles = quantiles(pairs.map(({ gold }) => gold));
  const predictedQuantiles = quantiles(pairs.map(({ predicted }) => predicted));
  const ranked = pairs.map((pair, index) => ({
    ...pair,
    goldQuantile: goldQuantiles[index]!,
    predictedQuantile: predictedQuantiles[index]!,
  }));
  const byExcess = ranked.sort((a, b) => excess(b) - excess(a));
  return {
    over: byExcess.slice(0, count).filter((pair) => excess(pair) > 0),
    under: byExcess
      .slice(-count)
      .filter((pair) => excess(pair) < 0)
      .reverse(),
  };
}

function excess({ goldQuantile, predictedQuantile }: RankedPair): number {
  return predictedQuantile - goldQuantile;
}
