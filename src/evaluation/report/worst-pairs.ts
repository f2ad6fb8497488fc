/**
 * The pairs that a model gets most wrong. A rank correlation knows order only, so wrong is the distance between the places
 * that a pair has among all by the model and by people.
 */
import type { ScoredPair } from "../evaluator.ts";
import { averageRanks } from "../metrics/correlation.ts";

export interface PlacedPair extends ScoredPair {
  /** Part of the pairs that people found less alike, 0 to 1; equal ones count by half. */
  readonly goldPlace: number;
  /** Part of the pairs that the model finds less alike, 0 to 1; equal ones count by half. */
  readonly predictedPlace: number;
}

export interface WorstPairs {
  /** More alike to the model than to people, the worst first. */
  readonly over: readonly PlacedPair[];
  /** Less alike to the model than to people, the worst first. */
  readonly under: readonly PlacedPair[];
}

/** @param count at most so many on each side */
export function worstPairs(pairs: readonly ScoredPair[], count: number): WorstPairs {
  const place = (values: readonly number[]) => averageRanks(values).map((rank) => (rank - 0.5) / values.length);
  const goldPlaces = place(pairs.map(({ gold }) => gold));
  const predictedPlaces = place(pairs.map(({ predicted }) => predicted));
  const placed = pairs.map((pair, index) => ({
    ...pair,
    goldPlace: goldPlaces[index]!,
    predictedPlace: predictedPlaces[index]!,
  }));
  const byExcess = placed.sort((a, b) => excess(b) - excess(a));
  return {
    over: byExcess.slice(0, count).filter((pair) => excess(pair) > 0),
    under: byExcess
      .slice(-count)
      .filter((pair) => excess(pair) < 0)
      .reverse(),
  };
}

function excess({ goldPlace, predictedPlace }: PlacedPair): number {
  return predictedPlace - goldPlace;
}
