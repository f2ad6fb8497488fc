/** A limit on the time that a shard may go on without a row. */
import { setTimeout as delay } from "node:timers/promises";
import { HpdError } from "../../errors.ts";
import type { RunShardOptions, ShardedWork, ShardResult } from "../sharded-work.ts";

export interface StallOptions extends RunShardOptions {
  readonly signal: AbortSignal;
  /** Milliseconds without a row. */
  readonly limit: number;
  /** Milliseconds that a shard has to end when it is stopped. */
  readonly grace: number;
}

/** A shard that neither went on nor ended when it was stopped: what it runs in can't be used any more. */
export class Hung extends HpdError {}

/**
 * Runs a shard, and stops it when it does no row for too long.
 *
 * @throws HpdError `runtime` for one that was stopped; `Hung` where that, or the signal, didn't help; as `ShardedWork.run`
 */
export async function runUntilStalled(work: ShardedWork, shard: number, options: StallOptions): Promise<ShardResult> {
  const { limit, grace, signal, onProgress } = options;
  const stalled = new AbortController();
  const done = new AbortController();
  let last = performance.now();
  const running = work.run(shard, {
    signal: AbortSignal.any([signal, stalled.signal]),
    onProgress: (rows) => {
      last = performance.now();
      onProgress?.(rows);
    },
  });
  // Whoever is no longer waited for may fail.
  running.catch(() => {});
  const watching = async (): Promise<never> => {
    for (let left = limit; left > 0; left = last + limit - performance.now()) {
      await delay(left, undefined, { signal: done.signal });
    }
    const seconds = Math.round(limit / 1000);
    const problem = `no row of it was done for ${seconds} seconds, the limit by stallTimeout`;
    stalled.abort(new HpdError("runtime", problem));
    await delay(grace, undefined, { signal: done.signal });
    throw new Hung("runtime", `${problem}, and it doesn't end`);
  };
  const stopping = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new Hung("runtime", "it doesn't end, though it was stopped"));
    const onStop = () => void delay(grace, undefined, { signal: done.signal }).then(giveUp, () => {});
    signal.addEventListener("abort", onStop, { signal: done.signal });
    if (signal.aborted) onStop();
  });
  try {
    return await Promise.race([running, watching(), stopping]);
  } catch (error) {
    // Where a row is done late, the shard may yet end otherwise.
    throw stalled.signal.aborted && !(error instanceof Hung) ? stalled.signal.reason : error;
  } finally {
    done.abort();
  }
}
