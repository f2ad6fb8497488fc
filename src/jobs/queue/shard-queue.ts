/**
 * The contents of the server, all of it below `hpd:`. A job of BullMQ is a shard, and says only which. What all shards of a
 * work have in common, and how far they are, is kept beside the jobs, by the work's fingerprint. None of it is more than
 * coordination: which shards are done, the place of the results says. So it may be lost at any time.
 */
import { createHash } from "node:crypto";
import type { Job, Queue } from "bullmq";
import type { Redis } from "ioredis";
import { packageVersion } from "../../common/package-version.ts";
import { redactPasswords } from "../../common/redact.ts";
import { HpdError } from "../../errors.ts";
import type { ShardedWork } from "../sharded-work.ts";
import { parseAddress, type QueueAddress } from "./address.ts";
import { connect } from "./connection.ts";
import type { DescribedWork } from "./open-works.ts";
import type { QueueOptions } from "./options.ts";
import { loadPackages, type Packages } from "./packages.ts";

export const prefix = "hpd";

export interface ShardJob {
  /** The id of the work. */
  readonly work: string;
  readonly shard: number;
}

export type ShardJobs = Queue<ShardJob>;

/** An open queue. */
export interface ShardQueue extends AsyncDisposable {
  readonly packages: Packages;
  readonly address: QueueAddress;
  readonly redis: Redis;
  /** The version of the library whose shards these are: another one may compute other bytes. */
  readonly version: string;
  readonly name: string;
  readonly jobs: ShardJobs;
}

export interface OpenQueueOptions extends QueueOptions {
  /** Told that the connection broke; it is opened again. */
  readonly onConnectionError: (error: Error) => void;
  /** Default: that of this library. */
  readonly version?: string | undefined;
}

/** @throws HpdError as `parseAddress`, `loadPackages` and `connect` */
export async function openQueue(options: OpenQueueOptions): Promise<ShardQueue> {
  const address = parseAddress(options.queue, options.password);
  const version = options.version ?? packageVersion;
  const packages = loadPackages();
  const redis = await connect(packages.ioredis, address, options.onConnectionError);
  const name = queueName(version);
  const jobs: ShardJobs = new packages.bullmq.Queue(name, { connection: redis, prefix });
  // Those of the connection come by its own listener.
  jobs.on("error", () => {});
  return {
    ...{ packages, address, redis, version, name, jobs },
    async [Symbol.asyncDispose]() {
      await jobs.close().catch(() => {});
      redis.disconnect();
    },
  };
}

export function queueName(version: string): string {
  return `shards-${version}`;
}

/** The id of a work: the same for whoever submits the same work to the same place. */
export function workId({ fingerprint, description }: ShardedWork): string {
  return createHash("sha256")
    .update(JSON.stringify([fingerprint, description]))
    .digest("hex")
    .slice(0, 32);
}

/** The id of a shard's job: one that is there is joined. */
export function jobId(work: string, shard: number): string {
  return `${work}-${shard}`;
}

/** Whether a job is one of the work. */
export function isOf(work: string, job: Pick<Job, "id">): boolean {
  return job.id?.startsWith(`${work}-`) === true;
}

/** The facts about a work that are kept beside its jobs, for a month after somebody last submitted it. */
export class WorkRecord {
  readonly #redis: Redis;
  readonly #key: string;
  readonly #seconds = 30 * 86_400;

  /** @param id of the work */
  constructor(redis: Redis, id: string) {
    this.#redis = redis;
    this.#key = `${prefix}:work:${id}`;
  }

  /** @throws HpdError `invalid_argument` for a description that holds a password */
  async put({ description, fingerprint }: ShardedWork, committed: ReadonlySet<number>): Promise<void> {
    const text = JSON.stringify(description);
    if (redactPasswords(text) !== text) {
      throw new HpdError(
        "invalid_argument",
        "a URL of the work has a password or a token, which would stand in the queue for all to read: leave it out of the " +
          "URL and give it to the workers by their environment",
      );
    }
    const rows = await this.#redis.hkeys(`${this.#key}:rows`);
    const stale = rows.filter((shard) => !committed.has(Number(shard)));
    const pipeline = this.#redis.pipeline().hset(this.#key, { description: text, fingerprint });
    // Of an earlier run whose results are gone.
    if (stale.length > 0) pipeline.hdel(`${this.#key}:rows`, ...stale);
    pipeline.del(`${this.#key}:refusals`);
    for (const name of [this.#key, `${this.#key}:rows`]) pipeline.expire(name, this.#seconds);
    await pipeline.exec();
  }

  /** @throws HpdError `not_found` where it is gone, with the server's memory or after a month */
  async read(): Promise<DescribedWork> {
    const { description, fingerprint } = await this.#redis.hgetall(this.#key);
    if (description !== undefined && fingerprint !== undefined) {
      return { description: JSON.parse(description), fingerprint };
    }
    throw new HpdError("not_found", "the queue no longer knows what the work of this shard is: submit the work again");
  }

  /** Rows that are done of a shard, whether or not it goes on. */
  async setRows(shard: number, rows: number): Promise<void> {
    await this.#redis
      .pipeline()
      .hset(`${this.#key}:rows`, String(shard), rows)
      .expire(`${this.#key}:rows`, this.#seconds)
      .exec();
  }

  /** Rows that are done by shard. */
  async rows(): Promise<ReadonlyMap<number, number>> {
    const all = await this.#redis.hgetall(`${this.#key}:rows`);
    return new Map(Object.entries(all).map(([shard, rows]) => [Number(shard), Number(rows)]));
  }

  /** Says why a worker takes no part. */
  async refuse(worker: string, why: string): Promise<void> {
    await this.#redis
      .pipeline()
      .hset(`${this.#key}:refusals`, worker, why)
      .expire(`${this.#key}:refusals`, this.#seconds)
      .exec();
  }

  /** The reasons of workers that take no part. */
  async refusals(): Promise<Readonly<Record<string, string>>> {
    return this.#redis.hgetall(`${this.#key}:refusals`);
  }
}
