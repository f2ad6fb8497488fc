/** Puts the shards of a work that are not committed into the queue. */
import type { ShardedWork } from "../sharded-work.ts";
import { jobsSetAside, setAside } from "./set-aside.ts";
import { jobId, prefix, type ShardQueue, WorkRecord, workId } from "./shard-queue.ts";
import type { ShardSetAside, Submission } from "./submission.ts";

export const defaultAttempts = 4;

/** Jobs that are added by one request. */
const jobsAtOnce = 1_000;

interface PutSettings {
  readonly attempts: number;
  readonly retryFailed: boolean;
  readonly signal?: AbortSignal | undefined;
}

export async function putShards(queue: ShardQueue, work: ShardedWork, settings: PutSettings): Promise<Submission> {
  const { attempts, retryFailed, signal } = settings;
  const all = Array.from({ length: work.shards }, (_, shard) => shard);
  const committedFirst = await work.committed(signal);
  await new WorkRecord(queue.redis, workId(work)).put(work, committedFirst);
  await queue.redis.sadd(`${prefix}:versions`, queue.version);
  const remaining: ShardSetAside[] = [];
  for (const job of await jobsSetAside(queue, workId(work))) {
    // Another submitter may be as fast; and by other ways than the queue a shard may be done meanwhile.
    if (retryFailed || committedFirst.has(job.data.shard)) await job.remove().catch(() => {});
    else remaining.push(setAside(job));
  }
  const absent = await absentShards(queue, work, all);
  // After it: a job that leaves the queue has committed its shard.
  const committed = await work.committed(signal);
  const missing = absent.filter((shard) => !committed.has(shard));
  await addShards(queue, work, missing, attempts);
  return {
    ...{ committed: committed.size, added: missing.length, setAside: remaining },
    joined: work.shards - absent.length - remaining.length,
  };
}

/** Those of the shards that aren't in the queue, in whatever state. */
export async function absentShards(
  { redis, jobs }: ShardQueue,
  work: ShardedWork,
  shards: readonly number[],
): Promise<number[]> {
  const id = workId(work);
  const absent: number[] = [];
  for (let start = 0; start < shards.length; start += jobsAtOnce) {
    const some = shards.slice(start, start + jobsAtOnce);
    const pipeline = redis.pipeline();
    for (const shard of some) pipeline.exists(jobs.toKey(jobId(id, shard)));
    const found = (await pipeline.exec()) ?? [];
    absent.push(...some.filter((_, index) => found[index]?.[1] === 0));
  }
  return absent;
}

/** Adds shards; one that is in the queue stays as it is. */
export async function addShards(
  { jobs }: ShardQueue,
  work: ShardedWork,
  shards: readonly number[],
  attempts = defaultAttempts,
): Promise<void> {
  const id = workId(work);
  for (let start = 0; start < shards.length; start += jobsAtOnce) {
    await jobs.addBulk(
      shards.slice(start, start + jobsAtOnce).map((shard) => ({
        name: work.description.kind,
        data: { work: id, shard },
        // What is done is told by the results; a job that is gone can be added again.
        opts: { jobId: jobId(id, shard), attempts, removeOnComplete: true, stackTraceLimit: 1 },
      })),
    );
  }
}
