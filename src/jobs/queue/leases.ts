/**
 * Leases on shards. The server ends a lease that isn't renewed, by its own clock, and the shard is another worker's. A thread
 * with a connection of its own renews them: encoding may keep the main thread busy for longer than a lease lasts.
 */
import { Worker } from "node:worker_threads";
import { HpdError } from "../../errors.ts";
import { packageFile } from "../../files/package-file.ts";
import type { QueueAddress } from "./address.ts";

export interface LeaseSettings {
  readonly address: QueueAddress;
  /** The name of the queue. */
  readonly name: string;
  /** The time that a lease lasts; it is renewed three times as often. */
  readonly milliseconds: number;
  /**
   * Milliseconds without a word of the holder after which a lease is renewed no more: its thread hangs, and can't give the
   * shard up itself.
   */
  readonly silence: number;
}

export interface HeldLease {
  readonly id: string;
  /** A secret of the holder. */
  readonly token: string;
}

export type LeaseMessage =
  | ({ readonly type: "hold" } & HeldLease)
  | { readonly type: "goesOn"; readonly id: string }
  | { readonly type: "release"; readonly id: string }
  | { readonly type: "close" };

export type LeaseReply = { readonly type: "ready" } | { readonly type: "lost"; readonly id: string };

export class Leases implements AsyncDisposable {
  readonly #thread: Worker;
  readonly #exited: Promise<void>;
  readonly #onLost: (id: string) => void;
  /** Rejects when the thread fails: without it no shard may be taken. */
  readonly failed: Promise<never>;

  private constructor(settings: LeaseSettings, onLost: (id: string) => void) {
    const file = packageFile("dist/jobs/queue/hpd-leases.js", () => new URL("./hpd-leases.js", import.meta.url));
    this.#thread = new Worker(file, { name: "hpd leases", workerData: settings });
    this.#onLost = onLost;
    this.#exited = new Promise((resolve) => this.#thread.once("exit", () => resolve()));
    this.failed = new Promise((_, reject) => {
      this.#thread.once("error", (cause) => {
        const { message } = cause as Error;
        reject(new HpdError("runtime", `the thread that renews the leases of shards ended: ${message}`, { cause }));
      });
    });
    this.failed.catch(() => {});
  }

  /**
   * Starts the thread.
   *
   * @param onLost told of a shard whose lease ended while it was held
   */
  static async start(settings: LeaseSettings, onLost: (id: string) => void): Promise<Leases> {
    const leases = new Leases(settings, onLost);
    const ready = new Promise<void>((resolve) => {
      leases.#thread.on("message", (reply: LeaseReply) => {
        if (reply.type === "ready") resolve();
        else leases.#onLost(reply.id);
      });
    });
    await Promise.race([ready, leases.failed]);
    return leases;
  }

  hold(lease: HeldLease): void {
    this.#send({ type: "hold", ...lease });
  }

  /** Says that the shard of a lease goes on. */
  goesOn(id: string): void {
    this.#send({ type: "goesOn", id });
  }

  release(id: string): void {
    this.#send({ type: "release", id });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#send({ type: "close" });
    // A renewal may wait for a server that is away.
    const timer = setTimeout(() => void this.#thread.terminate(), 1_000);
    await this.#exited;
    clearTimeout(timer);
  }

  #send(message: LeaseMessage): void {
    this.#thread.postMessage(message);
  }
}
