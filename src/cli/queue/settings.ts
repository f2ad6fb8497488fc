/** The setting that says which queue, of `hpd encode` and `hpd work`. */
import type { SettingTable } from "../settings/table.ts";

export const queueSettings = {
  queue: {
    kind: "text",
    value: "URL",
    help:
      "redis://[user@]host[:port][/database] of a Redis or Valkey server, rediss:// for TLS. The password is best in " +
      "HPD_QUEUE_PASSWORD of the environment: a command line is visible in the list of processes",
  },
} as const satisfies SettingTable;
