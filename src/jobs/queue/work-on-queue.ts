/** Does the shards of a queue on this machine. */
import {
  requireFunction,
  requireMilliseconds,
  requirePositive,
  requirePositiveInteger,
} from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import type { OpenWork } from "./open-works.ts";
import type { QueueOptions } from "./options.ts";
import { runWorker, type WorkerReport } from "./worker.ts";
import type { WorkerLog } from "./worker-settings.ts";

export interface WorkOnQueueOptions extends QueueOptions {
  /** Opens the work of a shard on this machine, from its description; it is disposed at the end. */
  readonly open: OpenWork;
  /** Shards that are done at the same time, each with a model of its own: encoding one takes all cores. Default: 1. */
  readonly concurrency?: number | undefined;
  /** Ends when no shard waits or runs in the queue, on any machine. Default: false. */
  readonly exitWhenEmpty?: boolean | undefined;
  /** Milliseconds that shards under way have to be finished when `signal` aborts; then they are given back. Default: 20,000. */
  readonly drainTimeout?: number | undefined;
  /**
   * Milliseconds in which a shard has to do a row. One that does none is stopped, counts as failed, and is tried again, by
   * whichever worker is first. Default: 3,600,000, an hour.
   */
  readonly stallTimeout?: number | undefined;
  /** Stops the worker. The call resolves then, and rejects with nothing of it. */
  readonly signal?: AbortSignal | undefined;
  /** Called for each shard, and for what a person should know. */
  readonly onLog?: WorkerLog | undefined;
}

const table: OptionTable<WorkOnQueueOptions> = {
  ...{ queue: "string", password: "string", open: "function", concurrency: "number", exitWhenEmpty: "boolean" },
  ...{ drainTimeout: "number", stallTimeout: "number", signal: "signal", onLog: "function" },
};

/**
 * Takes shards that `submitWork` put into a queue, and does them, until it is stopped. Any number of workers on any machines
 * share a queue. The shard of one that dies is done by another: its lease ends 30 seconds later. A shard that fails is tried
 * again, later and later, and set aside with its error after the last attempt.
 *
 * @returns what this worker did
 * @throws HpdError `runtime` where this machine can't open a work: the shard is then given back; where a shard hangs that
 *   can't be stopped; as `submitWork` for the server
 */
export async function workOnQueue(options: WorkOnQueueOptions): Promise<WorkerReport> {
  const checked = checkedOptions("workOnQueue", options, table);
  const settings = {
    ...{ concurrency: 1, exitWhenEmpty: false, drainTimeout: 20_000, stallTimeout: 3_600_000 },
    log: checked.onLog ?? (() => {}),
    signal: new AbortController().signal,
    ...checked,
  };
  requireFunction("open", settings.open, "a function that opens a work from its description, as openWork does");
  requirePositiveInteger("concurrency", settings.concurrency);
  requirePositive("stallTimeout", settings.stallTimeout);
  for (const name of ["drainTimeout", "stallTimeout"] as const) requireMilliseconds(name, settings[name]);
  return await runWorker(settings);
}
