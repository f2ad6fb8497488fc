/**
 * A worker: takes shards from the queue, one after the other, and does them. It holds a lease on each, so whatever becomes of
 * it the shard is done by another one. A shard that is done twice all the same ends with the same bytes.
 */

import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { Job, Worker } from "bullmq";
import { counted } from "../../common/numbers.ts";
import { redactPasswords } from "../../common/redact.ts";
import { HpdError } from "../../errors.ts";
import { Leases } from "./leases.ts";
import { OpenWorks, Refusal } from "./open-works.ts";
import { patientWorker } from "./patient-worker.ts";
import { readableReason } from "./set-aside.ts";
import { openQueue, prefix, type ShardJob, type ShardQueue, WorkRecord } from "./shard-queue.ts";
import { Hung, runUntilStalled } from "./until-stalled.ts";
import { otherVersions } from "./versions.ts";
import { defaultTuning, type WorkerSettings, type WorkerTuning } from "./worker-settings.ts";

const longestBackoff = 60_000;

const defaultGrace = 10_000;

/** Milliseconds between two writes of how far a shard is, and between two looks for an empty queue. */
const interval = 1_000;

/** Milliseconds between two looks for shards of other versions. */
const versionsInterval = 60_000;

export interface WorkerReport {
  /** Shards that this worker did and committed. */
  readonly shards: number;
  readonly rows: number;
}

/** @throws HpdError as `openQueue`, and where this machine can't open a work whose shard it took */
export async function runWorker(settings: WorkerSettings, tuning = defaultTuning): Promise<WorkerReport> {
  const { log } = settings;
  let isAway = false;
  await using queue = await openQueue({
    ...settings,
    version: tuning.version,
    onConnectionError: ({ message }) => {
      if (!isAway) log("warn", `the queue is away (${message}): waiting for it`);
      isAway = true;
    },
  });
  queue.redis.on("ready", () => {
    if (isAway) log("info", "the queue is back");
    isAway = false;
  });
  await using worker = await QueueWorker.start(queue, settings, tuning);
  log("info", `waiting for shards at ${queue.address.name}`);
  await worker.run();
  return worker.report;
}

class QueueWorker implements AsyncDisposable {
  readonly #queue: ShardQueue;
  readonly #settings: WorkerSettings;
  readonly #tuning: WorkerTuning;
  readonly #works: OpenWorks;
  readonly #leases: Leases;
  readonly #worker: Worker<ShardJob>;
  readonly #name = `${hostname()}:${process.pid}`;
  /** Aborted when shards under way are to be given back. */
  readonly #giveBack = new AbortController();
  readonly #refused: Promise<never>;
  #reject: (error: Error) => void = () => {};
  #closing: Promise<void> | undefined;
  #failuresInARow = 0;
  /** The last refusal of the server that was told. */
  #refusal = "";
  #report = { shards: 0, rows: 0 };

  private constructor(queue: ShardQueue, settings: WorkerSettings, tuning: WorkerTuning, leases: Leases) {
    this.#queue = queue;
    this.#settings = settings;
    this.#tuning = tuning;
    this.#leases = leases;
    this.#works = new OpenWorks(settings.open, settings.concurrency);
    this.#refused = new Promise((_, reject) => {
      this.#reject = reject;
    });
    this.#refused.catch(() => {});
    const PatientWorker = patientWorker(queue.packages);
    this.#worker = new PatientWorker(queue.name, (job, token) => this.#process(job, token!), {
      ...{ connection: queue.redis, prefix, name: this.#name, concurrency: settings.concurrency, autorun: false },
      // The thread does that.
      skipLockRenewal: true,
      ...{ lockDuration: tuning.lease, stalledInterval: tuning.lease, maxStalledCount: tuning.deaths - 1 },
    });
    this.#worker.on("error", (error) => this.#tellError(error));
    this.#worker.on("failed", (job, error) => this.#tellFailure(job, error));
  }

  static async start(queue: ShardQueue, settings: WorkerSettings, tuning: WorkerTuning): Promise<QueueWorker> {
    const { address, name } = queue;
    // The worker gives a shard up by itself, unless its thread hangs, too.
    const silence = settings.stallTimeout + (tuning.silence ?? longestBackoff + defaultGrace);
    const leases = await Leases.start({ address, name, milliseconds: tuning.lease, silence }, (id) => {
      settings.log(
        "warn",
        `the lease of shard ${id.slice(id.lastIndexOf("-") + 1)} ended: the queue was away, or this machine slept. Going ` +
          "on; another worker may do the same shard, and the first one counts",
      );
    });
    return new QueueWorker(queue, settings, tuning, leases);
  }

  get report(): WorkerReport {
    return this.#report;
  }

  /** Takes shards until it is asked to stop, and finishes or gives back those under way. @throws as `runWorker` */
  async run(): Promise<void> {
    const { signal, drainTimeout, exitWhenEmpty, log } = this.#settings;
    const done = new AbortController();
    const stop = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    try {
      const running = this.#worker.run();
      const reasons: Promise<unknown>[] = [stop, running, this.#leases.failed, this.#refused];
      if (exitWhenEmpty) reasons.push(this.#untilEmpty(done.signal));
      this.#watchVersions(done.signal).catch(() => {});
      await Promise.race(reasons);
      if (signal.aborted) log("info", "stopping: finishing the shards under way");
    } finally {
      done.abort();
      const timers = [
        setTimeout(() => this.#giveBack.abort(), drainTimeout),
        // With a server that is away nothing can be given back: the leases end by themselves.
        setTimeout(() => this.#queue.redis.disconnect(), drainTimeout + 5_000),
      ];
      await this.#close();
      for (const timer of timers) clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    await this.#leases[Symbol.asyncDispose]();
    await this.#works[Symbol.asyncDispose]();
  }

  #close(): Promise<void> {
    this.#closing ??= this.#worker.close();
    return this.#closing;
  }

  async #process(job: Job<ShardJob>, token: string): Promise<void> {
    const { work: id, shard } = job.data;
    const record = new WorkRecord(this.#queue.redis, id);
    const { signal } = this.#giveBack;
    this.#leases.hold({ id: job.id!, token });
    this.#refusal = "";
    try {
      const work = await this.#works.take(id, () => record.read(), signal);
      this.#leases.goesOn(job.id!);
      try {
        const onProgress = throttled((rows: number) => {
          this.#leases.goesOn(job.id!);
          return record.setRows(shard, rows);
        });
        const { rows, seconds, wasCommitted } = await runUntilStalled(work, shard, {
          ...{ signal, onProgress, limit: this.#settings.stallTimeout, grace: this.#tuning.grace ?? defaultGrace },
        });
        await record.setRows(shard, rows);
        this.#failuresInARow = 0;
        if (!wasCommitted) this.#report = { shards: this.#report.shards + 1, rows: this.#report.rows + rows };
        const what = wasCommitted ? "was done before" : `done: ${counted(rows, "row")} in ${seconds.toFixed(1)} s`;
        this.#settings.log("info", `shard ${shard} of ${id.slice(0, 8)} ${what}`);
        this.#works.giveBack(id, work);
      } catch (error) {
        const discarded = this.#works.discard(work);
        if (error instanceof Hung) discarded.catch(() => {});
        else await discarded;
        throw error;
      }
    } catch (error) {
      throw await this.#afterFailure(job, token, error as Error);
    } finally {
      this.#leases.release(job.id!);
    }
  }

  /** @returns what BullMQ is to be thrown */
  async #afterFailure(job: Job<ShardJob>, token: string, error: Error): Promise<Error> {
    const { WaitingError } = this.#queue.packages.bullmq;
    const { shard, work } = job.data;
    const message = redactPasswords(error.message);
    const { signal } = this.#giveBack;
    if (signal.aborted || error instanceof Refusal) {
      // Else BullMQ would hand the shard to this worker again.
      void this.#close();
      // Where the lease has ended, the shard is another worker's already.
      await job.moveToWait(token).catch(() => {});
      this.#settings.log("info", `shard ${shard} of ${work.slice(0, 8)} given back`);
      if (error instanceof Refusal) await this.#refuse(work, message, error);
      return new WaitingError();
    }
    if (error instanceof Hung) this.#end(shard, error);
    this.#failuresInARow++;
    const milliseconds = this.#tuning.backoff * 2 ** (Math.max(this.#failuresInARow, job.attemptsMade + 1) - 1);
    // Here rather than in the queue: its delays go by the clocks of the workers. And a machine on which every shard fails
    // takes few of them.
    await delay(Math.min(milliseconds, longestBackoff), undefined, { signal }).catch(() => {});
    const failure = new Error(message);
    failure.stack = message;
    return failure;
  }

  async #refuse(work: string, message: string, cause: Error): Promise<void> {
    await new WorkRecord(this.#queue.redis, work).refuse(this.#name, message).catch(() => {});
    const problem = `this machine can't take part in the work ${work.slice(0, 8)}: ${message}`;
    this.#reject(new HpdError("runtime", problem, { cause }));
  }

  /** Takes no more shards: what a shard left running may hold the memory and the processors of all others. */
  #end(shard: number, cause: Hung): void {
    void this.#close();
    this.#reject(new HpdError("runtime", `shard ${shard}: ${cause.message}: start this worker anew`, { cause }));
  }

  /** Resolves when there is no shard in the queue, nor one that another worker may yet give back. */
  async #untilEmpty(signal: AbortSignal): Promise<void> {
    for (;;) {
      const { wait, active, delayed } = await this.#queue.jobs.getJobCounts("wait", "active", "delayed");
      if (wait! + active! + delayed! === 0) return;
      await delay(interval, undefined, { signal });
    }
  }

  async #watchVersions(signal: AbortSignal): Promise<void> {
    let told = "";
    for (;;) {
      const message = await otherVersions(this.#queue);
      if (message !== undefined && message !== told) this.#settings.log("warn", message);
      told = message ?? "";
      await delay(versionsInterval, undefined, { signal });
    }
  }

  #tellFailure(job: Job<ShardJob> | undefined, { message }: Error): void {
    if (job === undefined) return;
    const { shard, work } = job.data;
    const isLast = job.finishedOn !== undefined;
    const end = isLast ? "set aside: nobody takes it any more" : `attempt ${job.attemptsMade} of ${job.opts.attempts}`;
    this.#settings.log("warn", `shard ${shard} of ${work.slice(0, 8)} failed (${end}): ${readableReason(message)}`);
  }

  #tellError(error: Error): void {
    // Of the connection it is told once; a lease that ended has been told of by the thread.
    if (/lock|Missing key|not in the active state|Connection is closed|ECONN|EPIPE|ETIMEDOUT/i.test(error.message))
      return;
    // The script that was refused is BullMQ's.
    const message = redactPasswords(error.message.replace(/\.? script: .*/, ""));
    if (message !== this.#refusal) this.#settings.log("warn", `the queue: ${message}`);
    this.#refusal = message;
  }
}

/** Calls at most once a second, and never while a call is under way. */
function throttled(write: (rows: number) => Promise<void>): (rows: number) => void {
  let last = Number.NEGATIVE_INFINITY;
  let isWriting = false;
  return (rows) => {
    const now = performance.now();
    if (isWriting || now - last < interval) return;
    last = now;
    isWriting = true;
    write(rows)
      .catch(() => {})
      .finally(() => {
        isWriting = false;
      });
  };
}
