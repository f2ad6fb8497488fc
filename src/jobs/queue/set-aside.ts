/** Shards that failed as often as they may: they stay in the queue, with their error, and nobody takes them any more. */
import type { Job } from "bullmq";
import { isOf, type ShardJob, type ShardQueue } from "./shard-queue.ts";
import type { ShardSetAside } from "./submission.ts";

export async function jobsSetAside({ jobs }: ShardQueue, work: string): Promise<Job<ShardJob>[]> {
  const all = await jobs.getFailed(0, -1);
  // One may be removed between its number and its contents.
  return all.filter((job) => job && isOf(work, job));
}

export function setAside({ data, failedReason }: Job<ShardJob>): ShardSetAside {
  return { shard: data.shard, reason: readableReason(failedReason) };
}

/** The reason of BullMQ for a job whose leases ended too often is about its own terms. */
export function readableReason(reason: string | undefined): string {
  if (reason === undefined || !/stalled more than/.test(reason)) return reason || "no reason was given";
  return "the workers that ran it died, one after the other: does it need more memory than they have?";
}
