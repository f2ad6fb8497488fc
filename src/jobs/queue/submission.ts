/** The report on the shards of a work that was submitted. */
export interface ShardSetAside {
  readonly shard: number;
  /** The error of the last attempt. */
  readonly reason: string;
}

export interface Submission {
  /** Shards that are committed already. */
  readonly committed: number;
  /** Shards that were put into the queue. */
  readonly added: number;
  /** Shards that were in the queue, waiting or running. */
  readonly joined: number;
  readonly setAside: readonly ShardSetAside[];
}
