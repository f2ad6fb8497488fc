/** From sentences with targets to the batches of a run, read and tokenised a window ahead of their use. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { TargetSet } from "../data/training-set.ts";
import type { Batch } from "../learner/learner.ts";
import { batchesByLength, epochWindows, type Window } from "./epoch-order.ts";
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
}

type Encode = Pick<Tokenizer, "encode">;

/** The batches from a position on, epoch after epoch, without an end. */
export async function* trainingBatches(
  set: TargetSet,
  tokenizer: Encode,
  { batchSize, seed }: BatchOptions,
  from: Position,
): AsyncGenerator<Batch, void, undefined> {
  async function* windows(): AsyncGenerator<Batch[], void, undefined> {
    for (let { epoch, batch } = from; ; epoch++, batch = 0) {
      const { windows, skip } = epochWindows(set.count, batchSize, seed, epoch, batch);
      let skipped = skip;
      for (const window of windows) {
        yield (await windowBatches(set, tokenizer, batchSize, window)).slice(skipped);
        skipped = 0;
      }
    }
  }
  for await (const batches of readAhead(windows())) yield* batches;
}

/** Every sentence of a set once, in the same batches every time. */
export async function* validationBatches(
  set: TargetSet,
  tokenizer: Encode,
  batchSize: number,
): AsyncGenerator<Batch, void, undefined> {
  async function* windows(): AsyncGenerator<Batch[], void, undefined> {
    for (const window of epochWindows(set.count, batchSize, 0, 0, 0).windows)
      yield await windowBatches(set, tokenizer, batchSize, window);
  }
  for await (const batches of readAhead(windows())) yield* batches;
}

async function windowBatches(
  set: TargetSet,
  tokenizer: Encode,
  batchSize: number,
  { places, random }: Window,
): Promise<Batch[]> {
  const { sentences, targets } = await set.read(places);
  const dimension = targets.length / places.length;
  const ids: Int32Array[] = [];
  for (const sentence of sentences) {
    // In small parts: the thread is the one that hands the learner its next batch.
    if (ids.length % 64 === 63) await nextTurn();
    ids.push(tokenizer.encode(sentence));
  }
  const lengths = ids.map(({ length }) => length);
  return batchesByLength(lengths, batchSize, random).map((members) => {
    const batchTargets = new Float32Array(members.length * dimension);
    for (const [row, index] of members.entries()) {
      batchTargets.set(targets.subarray(index * dimension, (index + 1) * dimension), row * dimension);
    }
    return { ids: members.map((index) => ids[index]!), targets: batchTargets };
  });
}
