/**
 * Work that any number of processes do together: cut into numbered shards, by the input alone, each of which ends with one
 * atomic commit under a name that follows from its number. Whoever runs a shard, how often, and whoever is killed on the
 * way, the bytes are the same. So nothing here knows of machines: a scheduler or a queue that exists runs the numbers.
 */
import { requireMethods } from "../common/arguments.ts";
import type { OptionTable } from "../common/options.ts";

/** JSON that is enough to open the same work on another machine. It holds no secrets: those are in the environment there. */
export interface WorkDescription {
  readonly kind: "encode" | "teacher";
  readonly [field: string]: unknown;
}

/** The outcome of one shard. */
export interface ShardResult {
  /** Rows of the shard. */
  readonly rows: number;
  /** Seconds that this call took. */
  readonly seconds: number;
  /** Whether it was committed before, by whomever; this call's work is then thrown away, or was not begun. */
  readonly wasCommitted: boolean;
}

export interface RunShardOptions {
  /** Stops the work; what is half-written is removed. The promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the rows of the shard that are done so far. */
  readonly onProgress?: ((rows: number) => void) | undefined;
}

export const runShardOptions: OptionTable<RunShardOptions> = { signal: "signal", onProgress: "function" };

/** Work cut into numbered shards, each of which ends with one atomic commit: run twice, it ends with the same bytes. */
export interface ShardedWork extends AsyncDisposable {
  readonly description: WorkDescription;
  /** Names the work: a hash of the inputs, of the weights and of all options that decide a byte of the results. */
  readonly fingerprint: string;
  /** The number of shards, at least 1; they are counted from 0. */
  readonly shards: number;
  /** The shards that are committed, by whomever. */
  committed(signal?: AbortSignal): Promise<ReadonlySet<number>>;
  /**
   * Does a shard and commits it; nothing if it is committed. One call at a time.
   *
   * @throws HpdError `invalid_argument` for a shard that there is not, for an input that is another than when the work
   *   was begun, for a full disk; else what reading, encoding and writing throw
   */
  run(shard: number, options?: RunShardOptions): Promise<ShardResult>;
  dispose(): Promise<void>;
}

/** @throws HpdError `invalid_argument` */
export function requireWork(work: unknown): void {
  requireMethods("work", work, ["committed", "run"], "an open work, as openEncodeWork and openWork give it");
}

/** The numbers of the shards that are not committed, in order. */
export function missingShards(shards: number, committed: { has(shard: number): boolean }): number[] {
  return Array.from({ length: shards }, (_, shard) => shard).filter((shard) => !committed.has(shard));
}
