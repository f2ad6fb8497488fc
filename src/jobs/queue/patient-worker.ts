/** BullMQ's worker, with a pause where the server refuses to give it a job, as one does whose memory is full. */
import { setTimeout as delay } from "node:timers/promises";
import type { Job } from "bullmq";
import type { BullMQ, Packages } from "./packages.ts";
import type { ShardJob } from "./shard-queue.ts";

/** Milliseconds until a server that refused is asked again: BullMQ itself asks it thousands of times a second. */
const pause = 1_000;

/** @returns the class, as BullMQ is loaded when it is needed */
export function patientWorker({ bullmq }: Packages): typeof BullMQ.Worker<ShardJob> {
  return class extends bullmq.Worker<ShardJob> {
    protected override async moveToActive(token: string, name?: string): Promise<Job<ShardJob>> {
      try {
        return await super.moveToActive(token, name);
      } catch (error) {
        await delay(pause);
        throw error;
      }
    }
  };
}
