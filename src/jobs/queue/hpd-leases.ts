/**
 * The program of the thread that renews the leases of a worker's shards: nothing computes in it, so a lease is renewed
 * whatever the main thread is busy with, and ends with the process.
 */
import { parentPort, workerData } from "node:worker_threads";
import { connect } from "./connection.ts";
import type { HeldLease, LeaseMessage, LeaseReply, LeaseSettings } from "./leases.ts";
import { loadPackages } from "./packages.ts";
import { prefix } from "./shard-queue.ts";

const { address, name, milliseconds, silence } = workerData as LeaseSettings;
const port = parentPort!;
/** The leases, each with when its holder was heard of. */
const held = new Map<string, HeldLease & { heardAt: number }>();
let isRenewing = false;
const reply = (message: LeaseReply) => port.postMessage(message);

// Messages are kept until there is a listener: it comes first.
const closed = new Promise<void>((resolve) => {
  port.on("message", (message: LeaseMessage) => {
    const lease = held.get("id" in message ? message.id : "");
    if (message.type === "hold") held.set(message.id, { ...message, heardAt: performance.now() });
    else if (message.type === "goesOn" && lease !== undefined) lease.heardAt = performance.now();
    else if (message.type === "release") held.delete(message.id);
    else if (message.type === "close") resolve();
  });
});

const { bullmq, ioredis } = loadPackages();
const redis = await connect(ioredis, address, () => {});
const queue = new bullmq.Queue(name, { connection: redis, prefix, skipMetasUpdate: true });
queue.on("error", () => {});
reply({ type: "ready" });
const timer = setInterval(() => void renewAll(), milliseconds / 3);
await closed;
clearInterval(timer);
await queue.close().catch(() => {});
redis.disconnect();
port.close();

async function renewAll(): Promise<void> {
  // While the server is away a renewal waits for it; one is enough.
  if (isRenewing) return;
  isRenewing = true;
  try {
    await Promise.all([...held.values()].map(renew));
  } finally {
    isRenewing = false;
  }
}

async function renew({ id, token, heardAt }: HeldLease & { readonly heardAt: number }): Promise<void> {
  if (performance.now() - heardAt > silence) return;
  try {
    const job = new bullmq.Job(queue, "", {}, {}, id);
    if ((await job.extendLock(token, milliseconds)) === 1) return;
    if (held.get(id)?.token !== token) return;
    held.delete(id);
    reply({ type: "lost", id });
  } catch {
    // Tried again by the timer.
  }
}
