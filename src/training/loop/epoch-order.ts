/**
 * The order of sentences within an epoch: shuffled, then in each window of it put together by length, so that little of
 * a batch is padding, and the batches of the window shuffled again. It follows from the seed alone, so a run can go on
 * from any batch. Source: transformers' `LengthGroupedSampler`, whose windows have 50 batches too.
 */
import { Random } from "../../random.ts";
import type { Rows } from "../data/training-set.ts";

const batchesPerWindow = 50;

export interface Window {
  /** Which sentences. */
  readonly places: readonly number[];
  /** Of the order of the window's batches. */
  readonly random: Random;
}

/** The places of the rows of an epoch, in order. */
export type EpochOrder = (random: Random) => Uint32Array;

/** Every row once. */
export function shuffled(count: number): EpochOrder {
  return (random) => random.shuffle(Uint32Array.from({ length: count }, (_, place) => place));
}

/**
 * @param epoch from 0
 * @param skipBatches of the epoch's start; windows of only such batches are left out
 * @returns the windows in order, and how many batches of the first one are to be skipped
 */
export function epochWindows(
  orderOf: EpochOrder,
  batchSize: number,
  seed: number,
  epoch: number,
  skipBatches: number,
): { windows: Iterable<Window>; skip: number } {
  const random = epochRandom(seed, epoch);
  const order = orderOf(random);
  const size = batchSize * batchesPerWindow;
  const windowSeeds = Array.from({ length: Math.ceil(order.length / size) }, () => random.nextInteger(2 ** 32));
  const first = Math.floor(skipBatches / batchesPerWindow);
  function* windows(): Generator<Window, void, undefined> {
    for (let index = first; index < windowSeeds.length; index++) {
      yield {
        places: [...order.subarray(index * size, (index + 1) * size)],
        random: new Random(windowSeeds[index]!),
      };
    }
  }
  return { windows: windows(), skip: skipBatches % batchesPerWindow };
}

/** The rows of a window as they come, so many a batch. */
export function batchesInOrder(rows: number, batchSize: number): number[][] {
  return Array.from({ length: Math.ceil(rows / batchSize) }, (_, batch) =>
    Array.from({ length: Math.min(batchSize, rows - batch * batchSize) }, (_, at) => batch * batchSize + at),
  );
}

/**
 * @param lengths tokens of each sentence of a window
 * @returns the sentences of each batch, as indices of `lengths`
 */
export function batchesByLength(lengths: readonly number[], batchSize: number, random: Random): number[][] {
  const byLength = lengths.map((_, index) => index).sort((a, b) => lengths[a]! - lengths[b]!);
  const batches: number[][] = [];
  for (let start = 0; start < byLength.length; start += batchSize)
    batches.push(byLength.slice(start, start + batchSize));
  return random.shuffle(batches);
}

/**
 * Batches in which no text stands twice, for a loss to which the others' texts are negatives: each row goes into the first
 * batch that has room and none of its texts. Rows for which there is no such batch are left out this time, and another
 * order will have them. Source: sentence-transformers' `NoDuplicatesBatchSampler`.
 *
 * @param columns the texts of a window's rows
 * @param kin all texts of the groups that they were drawn from: no other text of a row's group is in its batch either
 * @returns as `batchesByLength` does, as many batches
 */
export function batchesWithoutDuplicates(
  { columns, kin }: Pick<Rows, "columns" | "kin">,
  batchSize: number,
): number[][] {
  const rows = columns[0]!.length;
  const batches = Array.from({ length: Math.ceil(rows / batchSize) }, (): number[] => []);
  const texts = batches.map(() => new Set<string>());
  /** With what they are positives of. */
  const all = kin === undefined ? texts : batches.map(() => new Set<string>());
  let open = 0;
  for (let row = 0; row < rows; row++) {
    while (open < batches.length - 1 && batches[open]!.length >= batchSize) open++;
    for (let at = open; at < batches.length; at++) {
      const isFree =
        batches[at]!.length < batchSize &&
        columns.every((column) => !all[at]!.has(column[row]!)) &&
        (kin?.[row] ?? []).every((text) => !texts[at]!.has(text));
      if (!isFree) continue;
      batches[at]!.push(row);
      for (const column of columns) texts[at]!.add(column[row]!);
      for (const text of kin?.[row] ?? []) all[at]!.add(text);
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
