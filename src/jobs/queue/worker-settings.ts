/** The settings of a worker, and those that only tests change. */
import type { OpenWork } from "./open-works.ts";
import type { QueueOptions } from "./options.ts";

export type WorkerLog = (level: "info" | "warn" | "error", message: string) => void;

export interface WorkerSettings extends QueueOptions {
  readonly open: OpenWork;
  readonly concurrency: number;
  readonly exitWhenEmpty: boolean;
  /** Milliseconds that shards under way have when the worker is asked to stop. */
  readonly drainTimeout: number;
  /** Milliseconds without a row after which a shard is given up. */
  readonly stallTimeout: number;
  readonly signal: AbortSignal;
  readonly log: WorkerLog;
}

/** Settings that only tests change. */
export interface WorkerTuning {
  /** Milliseconds that a lease lasts without being renewed. */
  readonly lease: number;
  /** The number of workers that may die of a shard before it is set aside. */
  readonly deaths: number;
  /** Milliseconds that a worker waits after its first failure; after each further one in a row twice as long. */
  readonly backoff: number;
  /** Milliseconds that a shard has to end when it is stopped. */
  readonly grace?: number;
  /** Milliseconds beyond `stallTimeout` after which a thread that says nothing of its shard is given up. */
  readonly silence?: number;
  readonly version?: string;
}

export const defaultTuning: WorkerTuning = { lease: 30_000, deaths: 5, backoff: 1_000 };
