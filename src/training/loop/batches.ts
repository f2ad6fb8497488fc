/** From rows of texts to the batches of a run, read and tokenised a window ahead of their use. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { labelsOf, type TrainingSet } from "../data/training-set.ts";
import type { Batch } from "../learner/learner.ts";
import { batchesByLength, batchesWithoutDuplicates, epochWindows, type Window } from "./epoch-order.ts";
import { readAhead } from "./read-ahead.ts";

/** The next batch of a run. */
export interface Position {
  readonly epoch: number;
  /** Within the epoch. */
  readonly batch: number;
}

export interface BatchOptions {
  readonly batchSize: number;
  readonly seed: number;
  /** Whether no text may stand in a batch twice; else texts of like length go together. Default false. */
  readonly noDuplicates?: boolean | undefined;
}

type Encode = Pick<Tokenizer, "encode">;

/** The batches from a position on, epoch after epoch, without an end. */
export async function* trainingBatches(
  set: TrainingSet,
  tokenizer: Encode,
  { batchSize, seed, noDuplicates }: BatchOptions,
  from: Position,
): AsyncGenerator<Batch, void, undefined> {
  async function* windows(): AsyncGenerator<Batch[], void, undefined> {
    for (let { epoch, batch } = from; ; epoch++, batch = 0) {
      const { windows, skip } = epochWindows(set.count, batchSize, seed, epoch, batch);
      let skipped = skip;
      for (const window of windows) {
        yield (await windowBatches(set, tokenizer, { batchSize, noDuplicates }, window)).slice(skipped);
        skipped = 0;
      }
    }
  }
  for await (const batches of readAhead(windows())) yield* batches;
}

/** Every row of a set once, in the same batches every time. */
export async function* validationBatches(
  set: TrainingSet,
  tokenizer: Encode,
  options: Pick<BatchOptions, "batchSize" | "noDuplicates">,
): AsyncGenerator<Batch, void, undefined> {
  async function* windows(): AsyncGenerator<Batch[], void, undefined> {
    for (const window of epochWindows(set.count, options.batchSize, 0, 0, 0).windows)
      yield await windowBatches(set, tokenizer, options, window);
  }
  for await (const batches of readAhead(windows())) yield* batches;
}

async function windowBatches(
  set: TrainingSet,
  tokenizer: Encode,
  { batchSize, noDuplicates = false }: Pick<BatchOptions, "batchSize" | "noDuplicates">,
  { places, random }: Window,
): Promise<Batch[]> {
  const { columns, labels } = await set.read(places);
  const ids: Int32Array[][] = [];
  for (const texts of columns) ids.push(await encodeAll(texts, tokenizer));
  const lengths = places.map((_, row) => ids.reduce((sum, column) => sum + column[row]!.length, 0));
  const batches = noDuplicates
    ? batchesWithoutDuplicates(columns, batchSize)
    : batchesByLength(lengths, batchSize, random);
  return batches.map((members) => ({
    columns: ids.map((column) => members.map((row) => column[row]!)),
    labels: labelsOf(labels, members),
  }));
}

async function encodeAll(texts: readonly string[], tokenizer: Encode): Promise<Int32Array[]> {
  const ids: Int32Array[] = [];
  for (const text of texts) {
    // In small parts: the thread is the one that hands the learner its next batch.
    if (ids.length % 64 === 63) await nextTurn();
    ids.push(tokenizer.encode(text));
  }
  return ids;
}
