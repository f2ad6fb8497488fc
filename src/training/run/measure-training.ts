/** Measures how fast a run will be: a few of its batches are trained on, and some evaluated as in validation. */
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { Batch, Learner } from "../learner/learner.ts";
import { type BatchOptions, trainingBatches } from "../loop/batches.ts";
import type { Dataset } from "../loop/dataset.ts";

export interface Measured {
  readonly learner: Learner;
  readonly tokenizer: Pick<Tokenizer, "encode">;
  readonly datasets: readonly Dataset[];
  readonly options: BatchOptions & { readonly learningRate: number };
  /** Batches of the whole run. */
  readonly batches: number;
  readonly signal: AbortSignal | undefined;
}

/** Longest duration of each of the two measurements; a shorter run is measured as a whole. */
const measuredSeconds = 5;

/** Measures training and validation, and disposes of the learner. @returns rows per second of each */
export async function measureTraining({ learner, tokenizer, datasets, options, batches: most, signal }: Measured) {
  const batches = trainingBatches(datasets, tokenizer, options, { epoch: 0, batch: 0 });
  const timed = async (work: (batch: Batch) => Promise<unknown>): Promise<number> => {
    // The first batch warms up.
    await work((await batches.next()).value!);
    const start = performance.now();
    const seconds = () => (performance.now() - start) / 1000;
    let rows = 0;
    for (let count = 0; count < most && seconds() < measuredSeconds; count++) {
      const batch = (await batches.next()).value!;
      await work(batch);
      rows += batch.columns[0]!.length;
      signal?.throwIfAborted();
    }
    return rows / seconds();
  };
  try {
    const trainRate = await timed(async (batch) => {
      await learner.accumulate(batch);
      await learner.update(options.learningRate);
    });
    return { trainRate, evaluateRate: await timed((batch) => learner.evaluate(batch)) };
  } finally {
    await batches.return();
    await learner.dispose();
  }
}
