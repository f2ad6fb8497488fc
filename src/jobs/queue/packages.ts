/** BullMQ, and ioredis, its client of Redis and Valkey: optional packages, loaded when a queue is opened. */
import { createRequire } from "node:module";
import type * as BullMQ from "bullmq";
import type * as IORedis from "ioredis";
import { HpdError } from "../../errors.ts";
import { requireInstalled } from "../../files/package-file.ts";

export type { BullMQ, IORedis };

export interface Packages {
  readonly bullmq: typeof BullMQ;
  readonly ioredis: typeof IORedis;
}

/** @throws HpdError `not_found` with the command that installs them */
export function loadPackages(): Packages {
  try {
    // By `require`: esbuild can't put CommonJS, as ioredis is, into a bundle of ES modules.
    const bullmq = requireInstalled<typeof BullMQ>("bullmq", () => {
      const require = createRequire(import.meta.url);
      return require("bullmq");
    });
    const ioredis = requireInstalled<typeof IORedis>("ioredis", () => {
      const require = createRequire(import.meta.url);
      return require("ioredis");
    });
    return { bullmq, ioredis };
  } catch (cause) {
    const problem = (cause as Error).message.split("\n")[0];
    throw new HpdError(
      "not_found",
      `a queue needs two packages that are not installed: npm install bullmq ioredis (${problem})`,
      { cause },
    );
  }
}
