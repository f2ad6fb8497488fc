/** Watches a work on a queue until all of it is committed. */
import { setTimeout as delay } from "node:timers/promises";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import type { Progress } from "../../common/progress.ts";
import { HpdError } from "../../errors.ts";
import { missingShards, requireWork, type ShardedWork } from "../sharded-work.ts";
import type { QueueOptions } from "./options.ts";
import { absentShards, addShards } from "./put-shards.ts";
import { jobsSetAside, setAside } from "./set-aside.ts";
import { isOf, openQueue, type ShardQueue, WorkRecord, workId } from "./shard-queue.ts";
import type { ShardSetAside } from "./submission.ts";
import { WorkPace } from "./work-pace.ts";

export interface WatchOptions extends QueueOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called every second. */
  readonly onProgress?: ((progress: WorkProgress) => void) | undefined;
  /** Called with what a person should know: a shard that was set aside, a worker that can't take part, a server that is away. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** `done` of `total` are committed shards. */
export interface WorkProgress extends Progress<"shards", number> {
  /** Shards that workers are busy with. */
  readonly running: number;
  readonly setAside: number;
  /** Rows that are done, as far as the queue knows: those of shards that were committed otherwise aren't among them. */
  readonly rows: number;
  /** The rate of the last minute; 0 where no row was done. */
  readonly rowsPerSecond: number;
  /** Undefined while that can't be told. */
  readonly secondsLeft: number | undefined;
}

const table: OptionTable<WatchOptions> = {
  ...{ queue: "string", password: "string", signal: "signal", onProgress: "function", onWarning: "function" },
};

const interval = 1_000;

/** Intervals between two looks at what is committed, where the queue says nothing of a change: a bucket is slow to list. */
const looksApart = 15;

/**
 * Resolves when every shard is committed. Whoever watches may leave and come back: the work goes on meanwhile. A shard that the
 * queue lost, with the memory of a server, is added again.
 *
 * @throws HpdError `runtime` when only shards are left that were set aside, with their errors; the signal's reason; as
 *   `submitWork`
 */
export async function watchWork(work: ShardedWork, options: WatchOptions): Promise<void> {
  const { signal, onProgress, onWarning, ...address } = checkedOptions("watchWork", options, table);
  requireWork(work);
  const server = { isAway: false };
  await using queue = await openQueue({
    ...address,
    onConnectionError: ({ message }) => {
      if (!server.isAway) onWarning?.(`the queue is away (${message}): waiting for it`);
      server.isAway = true;
    },
  });
  queue.redis.on("ready", () => {
    server.isAway = false;
  });
  // A request waits for a server that is away; an abort does not.
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => {});
  const watch = new Watch(queue, work, onWarning ?? (() => {}));
  for (;;) {
    signal?.throwIfAborted();
    const progress = await Promise.race([watch.look(signal), aborted]);
    onProgress?.(progress);
    if (progress.done === progress.total) return;
    watch.requireHope();
    await delay(interval, undefined, { signal }).catch(() => {});
  }
}

class Watch {
  readonly #queue: ShardQueue;
  readonly #work: ShardedWork;
  readonly #id: string;
  readonly #record: WorkRecord;
  readonly #warn: (message: string) => void;
  readonly #pace: WorkPace;
  readonly #told = new Set<string>();
  #committed: ReadonlySet<number> = new Set();
  #setAside: readonly ShardSetAside[] = [];
  #jobsLeft = -1;
  #looks = 0;

  constructor(queue: ShardQueue, work: ShardedWork, warn: (message: string) => void) {
    this.#queue = queue;
    this.#work = work;
    this.#id = workId(work);
    this.#record = new WorkRecord(queue.redis, this.#id);
    this.#warn = warn;
    this.#pace = new WorkPace(work.shards);
  }

  async look(signal: AbortSignal | undefined): Promise<WorkProgress> {
    const { shards } = this.#work;
    const counts = await this.#queue.jobs.getJobCounts("wait", "active", "delayed", "failed");
    const jobsLeft = counts.wait! + counts.active! + counts.delayed!;
    // Whatever leaves the queue is done, or set aside.
    if (jobsLeft !== this.#jobsLeft || this.#looks % looksApart === 0) {
      this.#committed = await this.#work.committed(signal);
      if (counts.failed! > 0 || this.#setAside.length > 0) await this.#lookAtFailures();
    }
    if (this.#looks % looksApart === 0 || jobsLeft === 0) {
      await this.#addLost(signal);
      this.#tellRefusals(await this.#record.refusals());
    }
    this.#jobsLeft = jobsLeft;
    this.#looks++;
    const running = counts.active === 0 ? [] : await this.#queue.jobs.getActive(0, -1);
    return {
      ...{ stage: "shards", done: this.#committed.size, total: shards, setAside: this.#setAside.length },
      running: running.filter((job) => job && isOf(this.#id, job)).length,
      ...this.#pace.at(performance.now(), await this.#record.rows(), this.#committed),
    };
  }

  /** @throws HpdError `runtime` where nobody will do what is left */
  requireHope(): void {
    const { length } = this.#setAside;
    if (length === 0 || this.#committed.size + length < this.#work.shards) return;
    const shown = this.#setAside.slice(0, 5).map(({ shard, reason }) => `shard ${shard}: ${reason}`);
    if (length > shown.length) shown.push(`and ${length - shown.length} more`);
    throw new HpdError(
      "runtime",
      `${length} of ${this.#work.shards} shards were set aside, the others are done. Submit the work with ` +
        `\`retryFailed: true\` when the cause is mended. ${shown.join("; ")}`,
    );
  }

  async #lookAtFailures(): Promise<void> {
    const jobs = await jobsSetAside(this.#queue, this.#id);
    this.#setAside = jobs.map(setAside).filter(({ shard }) => !this.#committed.has(shard));
    for (const { shard, reason } of this.#setAside) this.#tell(`shard ${shard} was set aside: ${reason}`);
  }

  async #addLost(signal: AbortSignal | undefined): Promise<void> {
    const missing = missingShards(this.#work.shards, this.#committed);
    const absent = await absentShards(this.#queue, this.#work, missing);
    if (absent.length === 0) return;
    // A job that leaves the queue has committed its shard.
    this.#committed = await this.#work.committed(signal);
    const lost = absent.filter((shard) => !this.#committed.has(shard));
    if (lost.length === 0) return;
    await this.#record.put(this.#work, this.#committed);
    await addShards(this.#queue, this.#work, lost);
  }

  #tellRefusals(refusals: Readonly<Record<string, string>>): void {
    for (const [worker, why] of Object.entries(refusals)) this.#tell(`${worker} can't take part: ${why}`);
  }

  /** Once. */
  #tell(message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#warn(message);
  }
}
