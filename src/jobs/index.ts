/** The public entry for work on many machines, `hpd/jobs`. For Node. */
export type { OpenWork } from "./queue/open-works.ts";
export type { ShardSetAside } from "./queue/set-aside.ts";
export type { QueueOptions } from "./queue/shard-queue.ts";
export { type Submission, type SubmitOptions, submitWork } from "./queue/submit.ts";
export { type WatchOptions, type WorkProgress, watchWork } from "./queue/watch.ts";
export { type WorkOnQueueOptions, workOnQueue } from "./queue/work-on-queue.ts";
export type { WorkerLog, WorkerReport } from "./queue/worker.ts";
export type { RunShardOptions, ShardedWork, ShardResult, WorkDescription } from "./sharded-work.ts";
