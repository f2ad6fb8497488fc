/** BullMQ, and ioredis, its client of Redis and Valkey: optional packages, loaded when a queue is opened. */
import type * as BullMQ from "bullmq";
import type * as IORedis from "ioredis";
import { HpdError } from "../../errors.ts";

export type { BullMQ, IORedis };

export interface Packages {
  readonly bullmq: typeof BullMQ;
  readonly ioredis: typeof IORedis;
}

/** @throws HpdError `not_found` with the command that installs them */
export async function loadPackages(): Promise<Packages> {
  try {
    const [bullmq, ioredis] = await Promise.all([import("bullmq"), import("ioredis")]);
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
