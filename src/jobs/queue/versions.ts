/**
 * Each version of the library has a queue of its own: another one may compute other bytes, so that a work done half by each
 * would have no results that any of them gives. A shard of another version waits for a worker of that version.
 */
import { prefix, queueName, type ShardQueue } from "./shard-queue.ts";

/** A warning about shards of other versions, if there are any. */
export async function otherVersions({ packages, redis, version }: ShardQueue): Promise<string | undefined> {
  const others = (await redis.smembers(`${prefix}:versions`)).filter((other) => other !== version).sort();
  const waiting: string[] = [];
  for (const other of others) {
    const jobs = new packages.bullmq.Queue(queueName(other), { connection: redis, prefix, skipMetasUpdate: true });
    jobs.on("error", () => {});
    const count = await jobs.getWaitingCount().finally(() => jobs.close());
    if (count > 0) waiting.push(`${count} shards of hpd ${other}`);
  }
  if (waiting.length === 0) return undefined;
  return (
    `${waiting.join(", ")} wait in this queue, which this worker of hpd ${version} doesn't take: another version may compute ` +
    "other embeddings. Start workers of that version, or submit the work by this one"
  );
}
