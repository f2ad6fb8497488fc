/** The settings that say which queue, and what to do with one. */
import { positiveInteger, type SettingTable, type ValuesOf } from "../settings/table.ts";
import { UsageError } from "../usage-error.ts";

export const queueSettings = {
  queue: {
    kind: "text",
    value: "URL",
    flagOnly: true,
    help:
      "redis://[user@]host[:port][/database] of a Redis or Valkey server, rediss:// for TLS. The password is best in " +
      "HPD_QUEUE_PASSWORD of the environment: a command line is visible in the list of processes",
  },
} as const satisfies SettingTable;

/** Settings of a command that puts its shards into a queue. */
export const submitSettings = {
  ...queueSettings,
  detach: { kind: "switch", flagOnly: true, help: "only put the shards into the queue, and watch nothing" },
  attempts: {
    ...positiveInteger,
    flagOnly: true,
    help: "attempts at a shard before it is set aside",
    defaultsTo: "4",
  },
  "retry-failed": { kind: "switch", flagOnly: true, help: "try shards again that were set aside" },
} as const satisfies SettingTable;

/** The help of `submitSettings`. */
export const submitAbout =
  "With --queue, the missing shards of --shards are put into a queue, from which hpd work takes them on any number of " +
  "machines, and their progress is shown. Ctrl-C ends that alone: the same command watches again. A shard that fails is " +
  "tried again, and set aside with its error in the end. Needs the packages bullmq and ioredis.";

export type SubmitValues = ValuesOf<typeof submitSettings>;

/** The queue, if one is asked for. @throws UsageError for settings that don't go together */
export function queueOf(values: SubmitValues & { readonly shard?: number | undefined }): string | undefined {
  const { queue, shard, detach, attempts } = values;
  if (queue === undefined && (detach || attempts !== undefined || values["retry-failed"])) {
    throw new UsageError("--detach, --attempts and --retry-failed are for --queue URL");
  }
  if (queue !== undefined && shard !== undefined) {
    throw new UsageError("--shard and --queue exclude each other: leave one out");
  }
  return queue;
}
