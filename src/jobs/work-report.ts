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
  /** Told of each shard that was looked at. */
  readonly onShard?: ((shard: number) => void) | undefined;
}
