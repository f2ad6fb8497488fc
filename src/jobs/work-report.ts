/** The report on a work: its status, and the problems of its shards. */
import type { WorkDescription } from "./sharded-work.ts";

export interface WorkStatus {
  readonly kind: WorkDescription["kind"];
  readonly output: string;
  readonly fingerprint: string;
  readonly shards: number;
  /** The numbers of those that are committed, and of the others. */
  readonly done: readonly number[];
  readonly missing: readonly number[];
  /** Rows and bytes of what is committed. */
  readonly rows: number;
  readonly bytes: number;
  /** Undefined for teachers, of which each has its own. */
  readonly dimension: number | undefined;
  /** `parquet`, `npy` or `safetensors`; `embeddings` of teachers. */
  readonly format: string;
  readonly precision: string;
}

export interface ShardProblem {
  readonly shard: number;
  readonly file: string;
  readonly problem: string;
}

export interface StatusOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of each shard that was looked at, and how many of them there are. */
  readonly onShard?: ((shard: number, of: number) => void) | undefined;
}

/** The outcome of reading all committed shards. */
export interface Verification {
  /** The numbers of shards that are committed, and of the others. */
  readonly committed: number;
  readonly missing: number;
  /** Rows of the shards that say how many they have. */
  readonly rows: number;
  readonly problems: ShardProblem[];
}
