/**
 * An order for losses that compare rows of the same label with those of others: labels take turns with two rows each, so that
 * every batch has several labels with two rows or more. Source: sentence-transformers 6.2, `GroupByLabelBatchSampler`.
 */
import type { Random } from "../../random.ts";
import type { TrainingSet } from "../data/training-set.ts";
import { type EpochOrder, shuffled } from "./epoch-order.ts";

/** The fewest rows of a batch: two of two labels. */
export const fewestOfLabels = 4;

/** Rows of an epoch: those of a label that is left alone in the end wait for the next one, and so does a rest below four. */
export function rowsOfLabels(count: number, labelOf: (place: number) => number, batchSize: number): number {
  const pairs = [...placesByLabel(count, labelOf).values()].map(({ length }) => Math.floor(length / 2));
  const [, second = 0] = pairs.toSorted((a, b) => b - a);
  const rows = 2 * pairs.reduce((sum, each) => sum + Math.min(each, second), 0);
  const rest = rows % batchSize;
  return rest < fewestOfLabels ? rows - rest : rows;
}

/** The order of a set whose rows go together by label, or of all rows where there are no two labels with two rows each. */
export function orderByLabel({ count, labelOf }: TrainingSet, batchSize: number): EpochOrder {
  if (labelOf === undefined || rowsOfLabels(count, labelOf, batchSize) === 0) return shuffled(count);
  return (random) => labelOrder(count, labelOf, batchSize, random);
}

/** @returns the places of an epoch in order, so many as `rowsOfLabels` says */
function labelOrder(count: number, labelOf: (place: number) => number, batchSize: number, random: Random): Uint32Array {
  const order = new Uint32Array(rowsOfLabels(count, labelOf, batchSize));
  let left = [...placesByLabel(count, labelOf).values()].filter(({ length }) => length >= 2);
  for (const places of left) random.shuffle(places);
  let last: readonly number[] | undefined;
  let at = 0;
  while (at < order.length && left.length >= 2) {
    random.shuffle(left);
    // Two turns of a label one after the other would make four rows of it.
    if (at > 0 && left[0] === last) [left[0], left[1]] = [left[1]!, left[0]!];
    for (const places of left) {
      if (at >= order.length) break;
      order[at++] = places.pop()!;
      order[at++] = places.pop()!;
    }
    last = left.at(-1);
    left = left.filter(({ length }) => length >= 2);
  }
  return order;
}

function placesByLabel(count: number, labelOf: (place: number) => number): Map<number, number[]> {
  const places = new Map<number, number[]>();
  for (let place = 0; place < count; place++) {
    const label = labelOf(place);
    const own = places.get(label);
    if (own === undefined) places.set(label, [place]);
    else own.push(place);
  }
  return places;
}
