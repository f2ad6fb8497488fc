/**
 * The order of an epoch for losses that compare rows of the same label with those of others: labels alternate, two rows
 * each, so that every batch has several labels with two rows or more.
 * Source: sentence-transformers 6.2, `GroupByLabelBatchSampler`.
 */
import type { Random } from "../../random.ts";
import type { TrainingSet } from "../data/training-set.ts";
import { type EpochOrder, shuffled } from "./epoch-order.ts";

/** Minimum batch size: two rows of two labels. */
export const minLabelBatch = 4;

/**
 * The number of rows of an epoch. Rows of the last label left, and a last batch below `minLabelBatch`, are left out of
 * it.
 *
 * @param count number of rows
 * @param labelOf the label of a row
 */
export function rowsOfLabels(count: number, labelOf: (index: number) => number, batchSize: number): number {
  const pairs = [...rowsByLabel(count, labelOf).values()].map(({ length }) => Math.floor(length / 2));
  const [, second = 0] = pairs.toSorted((a, b) => b - a);
  const rows = 2 * pairs.reduce((sum, each) => sum + Math.min(each, second), 0);
  const rest = rows % batchSize;
  return rest < minLabelBatch ? rows - rest : rows;
}

/** The order by label of a set, or of all its rows if there are no two labels with two rows each. */
export function orderByLabel({ count, labelOf }: TrainingSet, batchSize: number): EpochOrder {
  if (labelOf === undefined || rowsOfLabels(count, labelOf, batchSize) === 0) return shuffled(count);
  return (random) => labelOrder(count, labelOf, batchSize, random);
}

/** @returns indices of rows, `rowsOfLabels` of them */
function labelOrder(count: number, labelOf: (index: number) => number, batchSize: number, random: Random): Uint32Array {
  const order = new Uint32Array(rowsOfLabels(count, labelOf, batchSize));
  let left = [...rowsByLabel(count, labelOf).values()].filter(({ length }) => length >= 2);
  for (const rows of left) random.shuffle(rows);
  let last: readonly number[] | undefined;
  let at = 0;
  while (at < order.length && left.length >= 2) {
    random.shuffle(left);
    // The same label twice in a row would make four rows of it.
    if (at > 0 && left[0] === last) [left[0], left[1]] = [left[1]!, left[0]!];
    for (const rows of left) {
      if (at >= order.length) break;
      order[at++] = rows.pop()!;
      order[at++] = rows.pop()!;
    }
    last = left.at(-1);
    left = left.filter(({ length }) => length >= 2);
  }
  return order;
}

function rowsByLabel(count: number, labelOf: (index: number) => number): Map<number, number[]> {
  const rows = new Map<number, number[]>();
  for (let index = 0; index < count; index++) {
    const label = labelOf(index);
    const own = rows.get(label);
    if (own === undefined) rows.set(label, [index]);
    else own.push(index);
  }
  return rows;
}
