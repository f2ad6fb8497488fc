/** The public entry for work on many machines, `hpd/jobs`. For Node. */
export type { RunShardOptions, ShardedWork, ShardResult, WorkDescription } from "./sharded-work.ts";
