/**
 * The order of rows within an epoch: shuffled, then grouped by length within windows, so that little of a batch is
 * padding, and the batches of a window shuffled again. It depends on the seed alone, so a run can be resumed at any
 * batch.
 * Source: transformers' `LengthGroupedSampler`, whose windows have 50 batches too.
 */
import { Random } from "../../random.ts";
import type { Rows } from "../data/training-set.ts";

const batchesPerWindow = 50;

/** Rows that are read and tokenized together. */
export interface Window {
  /** Indices of the rows. */
  readonly indices: readonly number[];
  /** Random numbers of the window: of what is drawn with its rows, and of the order of its batches. */
  readonly random: Random;
}

/** Draws the order of an epoch: indices of rows. */
export type EpochOrder = (random: Random) => Uint32Array;

/** The order of an epoch in which every row comes once. */
export function shuffled(count: number): EpochOrder {
  return (random) => random.shuffle(Uint32Array.from({ length: count }, (_, index) => index));
}

export interface EpochStart {
  /** Seed of the run. */
  readonly seed: number;
  /** Index of the epoch, from 0. */
  readonly epoch: number;
  /** Index of the first batch wanted; windows before it are left out. */
  readonly batch: number;
}

/** @returns the windows in order, and how many batches of the first one to skip */
export function epochWindows(
  orderOf: EpochOrder,
  batchSize: number,
  { seed, epoch, batch }: EpochStart,
): { windows: Iterable<Window>; skip: number } {
  const random = epochRandom(seed, epoch);
  const order = orderOf(random);
  const size = batchSize * batchesPerWindow;
  const windowSeeds = Array.from({ length: Math.ceil(order.length / size) }, () => random.nextInteger(2 ** 32));
  const first = Math.floor(batch / batchesPerWindow);
  function* windows(): Generator<Window, void, undefined> {
    for (let index = first; index < windowSeeds.length; index++) {
      yield {
        indices: [...order.subarray(index * size, (index + 1) * size)],
        random: new Random(windowSeeds[index]!),
      };
    }
  }
  return { windows: windows(), skip: batch % batchesPerWindow };
}

/** Batches of a window's rows in their order, as indices of them. */
export function batchesInOrder(rows: number, batchSize: number): number[][] {
  return Array.from({ length: Math.ceil(rows / batchSize) }, (_, batch) =>
    Array.from({ length: Math.min(batchSize, rows - batch * batchSize) }, (_, at) => batch * batchSize + at),
  );
}

/**
 * Batches of rows of similar length, shuffled.
 *
 * @param lengths tokens of each row of a window
 * @returns indices of them
 */
export function batchesByLength(lengths: readonly number[], batchSize: number, random: Random): number[][] {
  const byLength = lengths.map((_, index) => index).sort((a, b) => lengths[a]! - lengths[b]!);
  const batches: number[][] = [];
  for (let start = 0; start < byLength.length; start += batchSize)
    batches.push(byLength.slice(start, start + batchSize));
  return random.shuffle(batches);
}

/**
 * Batches in which no text occurs twice, for losses with in-batch negatives: each row goes into the first batch that
 * has room and none of its texts. Rows without such a batch are left out of this epoch; another order will have them.
 * Source: sentence-transformers' `NoDuplicatesBatchSampler`.
 *
 * @param columns the texts of a window's rows
 * @param groups the texts of their groups: no other text of a row's group is in its batch either
 * @returns indices of the rows, as many batches as `batchesByLength` makes
 */
export function batchesWithoutDuplicates(
  { columns, groups }: Pick<Rows, "columns" | "groups">,
  batchSize: number,
): number[][] {
  const rows = columns[0]!.length;
  const batches = Array.from({ length: Math.ceil(rows / batchSize) }, (): number[] => []);
  const texts = batches.map(() => new Set<string>());
  /** The texts of each batch, with all texts of their groups. */
  const all = groups === undefined ? texts : batches.map(() => new Set<string>());
  let open = 0;
  for (let row = 0; row < rows; row++) {
    while (open < batches.length - 1 && batches[open]!.length >= batchSize) open++;
    for (let at = open; at < batches.length; at++) {
      const isFree =
        batches[at]!.length < batchSize &&
        columns.every((column) => !all[at]!.has(column[row]!)) &&
        (groups?.[row] ?? []).every((text) => !texts[at]!.has(text));
      if (!isFree) continue;
      batches[at]!.push(row);
      for (const column of columns) texts[at]!.add(column[row]!);
      for (const text of groups?.[row] ?? []) all[at]!.add(text);
      break;
    }
  }
  return batches;
}

function epochRandom(seed: number, epoch: number): Random {
  const seeds = new Random(seed);
  for (let before = 0; before < epoch; before++) seeds.nextInteger(2 ** 32);
  return new Random(seeds.nextInteger(2 ** 32));
}
