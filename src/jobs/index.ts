/** The public entry for work on many machines, `hpd/jobs`. For Node. */

export { type ColumnType, columnTypes } from "./columns.ts";
export {
  type EncodeWorkOptions,
  type ShardFormat,
  type ShardPrecision,
  shardFormats,
  shardPrecisions,
} from "./encode/options.ts";
export type { OpenWorkOptions } from "./open-options.ts";
export { openEncodeWork, openWork } from "./open-work.ts";
export type { OpenWork } from "./queue/open-works.ts";
export type { QueueOptions } from "./queue/options.ts";
export type { ShardSetAside, Submission } from "./queue/submission.ts";
export { type SubmitOptions, submitWork } from "./queue/submit.ts";
export { type WatchOptions, type WorkProgress, watchWork } from "./queue/watch.ts";
export { type WorkOnQueueOptions, workOnQueue } from "./queue/work-on-queue.ts";
export type { WorkerReport } from "./queue/worker.ts";
export type { WorkerLog } from "./queue/worker-settings.ts";
export type { RunShardOptions, ShardedWork, ShardResult, WorkDescription } from "./sharded-work.ts";
export type { ShardProblem, StatusOptions, WorkStatus } from "./work-report.ts";
export { verifyWork, workStatus } from "./work-status.ts";
