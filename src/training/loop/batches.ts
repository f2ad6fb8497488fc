/** The batches of a run, out of rows of texts: read and tokenized a window ahead of their use. */

import type { Random } from "../../random.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { labelsOf, type Rows, type TrainingSet } from "../data/training-set.ts";
import type { Batch } from "../learner/learner.ts";
import type { Dataset } from "./dataset.ts";
import {
  batchesByLength,
  batchesInOrder,
  batchesWithoutDuplicates,
  type EpochOrder,
  type EpochStart,
  epochWindows,
  shuffled,
  type Window,
} from "./epoch-order.ts";
import { orderByLabel } from "./label-order.ts";
import { readAhead } from "./read-ahead.ts";
import type { RowTokens } from "./row-encoder.ts";
import { batchesOfDatasets, datasetOrder, datasetSeed, type Sampling } from "./sampling.ts";
import { textEncoder } from "./text-encoder.ts";

/** The position of a run: its next batch. */
export interface Position {
  readonly epoch: number;
  /** Index within the epoch, over all datasets. */
  readonly batch: number;
}

export interface BatchOptions {
  /** Seed of the order of rows. */
  readonly seed: number;
  /** The way in which several datasets alternate. Default `proportional`. */
  readonly sampling?: Sampling | undefined;
}

/** Everything of a dataset that decides on its batches, but for its rows. */
type Batching = Omit<Dataset, "train" | "validation">;

type Encode = Pick<Tokenizer, "encode">;

type Batches = AsyncGenerator<Batch, void, undefined>;

/** The batches from a position on, epoch after epoch without end, each of one dataset. */
export async function* trainingBatches(
  datasets: readonly Dataset[],
  tokenizer: Encode,
  { seed, sampling = "proportional" }: BatchOptions,
  from: Position,
): Batches {
  const counts = batchesOfDatasets(datasets, sampling);
  const orderOf = (epoch: number) => datasetOrder(counts, sampling, seed, epoch);
  const before = datasets.map(() => 0);
  for (const dataset of orderOf(from.epoch).subarray(0, from.batch)) before[dataset]!++;
  const streams = datasets.map((dataset, index) => {
    const start = { seed: datasetSeed(seed, index), epoch: from.epoch, batch: before[index]! };
    return datasetBatches(dataset, tokenizer, counts[index]!, start);
  });
  try {
    for (let { epoch, batch } = from; ; epoch++, batch = 0) {
      for (const objective of orderOf(epoch).subarray(batch)) {
        // The streams have no end.
        yield { ...(await streams[objective]!.next()).value!, objective };
      }
    }
  } finally {
    for (const stream of streams) await stream.return();
  }
}

/** The batches of one dataset, without end. @param count number of batches taken from an epoch */
async function* datasetBatches(
  { train, ...options }: Dataset,
  tokenizer: Encode,
  count: number,
  { seed, ...from }: EpochStart,
): Batches {
  const order = orderOf(train, options);
  async function* windows(): AsyncGenerator<Batch[], void, undefined> {
    for (let { epoch, batch } = from; ; epoch++, batch = 0) {
      const { windows, skip } = epochWindows(order, options.batchSize, { seed, epoch, batch });
      let skipped = skip;
      let left = count - batch;
      for (const window of windows) {
        if (left <= 0) break;
        const batches = await windowBatches(train, tokenizer, options, window);
        const taken = batches.slice(skipped, skipped + left);
        yield taken;
        left -= taken.length;
        skipped = 0;
      }
    }
  }
  for await (const batches of readAhead(windows())) yield* batches;
}

function orderOf(set: TrainingSet, { batchSize, rowsByLabel }: Batching): EpochOrder {
  return rowsByLabel === undefined ? shuffled(set.count) : orderByLabel(set, batchSize);
}

/** The held-out rows of a dataset, each once unless rows go together by label, in the same batches every time. */
export async function* validationBatches(
  { validation, ...options }: Dataset,
  objective: number,
  tokenizer: Encode,
): Batches {
  async function* windows(): AsyncGenerator<Batch[], void, undefined> {
    const { windows } = epochWindows(orderOf(validation, options), options.batchSize, { seed: 0, epoch: 0, batch: 0 });
    for (const window of windows) yield await windowBatches(validation, tokenizer, options, window);
  }
  for await (const batches of readAhead(windows())) for (const batch of batches) yield { ...batch, objective };
}

async function windowBatches(
  set: TrainingSet,
  tokenizer: Encode,
  { encoder = textEncoder(tokenizer), ...batching }: Batching,
  { indices, random }: Window,
): Promise<Batch[]> {
  const rows = await set.read(indices, random);
  const { columns, labels } = rows;
  const own = await encoder.encode(columns);
  const batches: Batch[] = [];
  for (const members of membersOf(batching, rows, own, random)) {
    const tokens = rowsOf(own, members);
    const across = await encoder.across?.(
      columns.map((column) => members.map((row) => column[row]!)),
      random,
    );
    batches.push({
      ...(across === undefined ? tokens : sideBySide(tokens, across)),
      labels: labelsOf(labels, members),
    });
  }
  return batches;
}

/** The rows of each batch, as indices of a window's rows. */
function membersOf(
  { batchSize, rowsByLabel, noDuplicates = false }: Batching,
  rows: Rows,
  { columns }: RowTokens,
  random: Random,
): number[][] {
  const count = rows.columns[0]!.length;
  if (rowsByLabel !== undefined) return batchesInOrder(count, batchSize);
  if (noDuplicates) return batchesWithoutDuplicates(rows, batchSize);
  const lengths = Array.from({ length: count }, (_, row) =>
    columns.reduce((sum, column) => sum + column[row]!.length, 0),
  );
  return batchesByLength(lengths, batchSize, random);
}

function rowsOf({ columns, types, promptLengths }: RowTokens, rows: readonly number[]): RowTokens {
  const of = (all: RowTokens["columns"]) => all.map((column) => rows.map((row) => column[row]!));
  return { columns: of(columns), ...(types && { types: of(types) }), ...(promptLengths && { promptLengths }) };
}

function sideBySide(a: RowTokens, b: RowTokens): RowTokens {
  const types = a.types && b.types && { types: [...a.types, ...b.types] };
  return { columns: [...a.columns, ...b.columns], ...types };
}
