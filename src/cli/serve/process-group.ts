/** Several processes behind one address, by Node's cluster: started, replaced where they end, measured and ended together. */
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { HpdError, type HpdErrorCode } from "../../errors.ts";
import { Metrics, type MetricsSnapshot } from "../../server/observe/metrics.ts";
import { UsageError } from "../usage-error.ts";
import type { Order, Report } from "./messages.ts";
import { restartDelay } from "./restart-delay.ts";

/** Time after which a process that ends is replaced at once, and counts as no failure of the ones before. */
const steadyMilliseconds = 10_000;

/** Failures in a row after which the group gives up, if no process serves any more. */
const maxFailures = 5;

/** Time that a process has to tell its metrics; those of one that hangs are the last that it told. */
const measureMilliseconds = 1_000;

/** Time beside the drain timeout after which a process that doesn't end is killed. */
export const endMilliseconds = 5_000;

export interface ProcessGroupOptions {
  readonly count: number;
  /** Threads of a model in each process. */
  readonly workers: number;
  /** The port, if it isn't that of the command line. */
  readonly port: number | undefined;
  /** Milliseconds that a process has for the requests in progress when it is told to end. */
  readonly drainTimeout: number;
  readonly onEvent: (level: "info" | "warn" | "error", message: string) => void;
}

export interface Serving {
  readonly url: string;
  readonly models: readonly string[];
}

interface Member {
  readonly process: Worker;
  readonly started: number;
  isListening: boolean;
  /** The metrics that it told last. */
  snapshot: MetricsSnapshot | undefined;
}

export class ProcessGroup {
  readonly #options: ProcessGroupOptions;
  readonly #members = new Set<Member>();
  /** Counters of the processes that ended. */
  readonly #ended = new Metrics();
  readonly #delays = new Set<NodeJS.Timeout>();
  readonly #measuring = new Map<number, (snapshot: MetricsSnapshot) => void>();
  #nextId = 0;
  #failures = 0;
  #isStopping = false;
  #serving: Serving | undefined;
  #giveUp!: (error: Error) => void;
  /** Rejects when no process serves and none can be started. */
  readonly failed = new Promise<never>((_, reject) => {
    this.#giveUp = reject;
  });

  private constructor(options: ProcessGroupOptions) {
    this.#options = options;
    this.failed.catch(() => {});
  }

  /**
   * Starts the first process, and the others once that one listens: a model is downloaded once, and what is wrong with it
   * is told once. Returns when all listen, or have tried to.
   *
   * @throws HpdError, UsageError: that of the first process
   */
  static async start(options: ProcessGroupOptions, signal: AbortSignal): Promise<ProcessGroup> {
    // Connections that cluster itself hands on to a process hang for ever where that one ends before it takes them.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.setupPrimary({ args: process.argv.slice(2) });
    const group = new ProcessGroup(options);
    const stop = () => void group.dispose();
    signal.addEventListener("abort", stop, { once: true });
    try {
      await group.#startOne(true);
      const others = Array.from({ length: options.count - 1 }, () => group.#startOne(false));
      await Promise.all(others.map((other) => other.catch(() => {})));
      return group;
    } catch (error) {
      await group.dispose();
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  get serving(): Serving {
    return this.#serving!;
  }

  /** Tells all processes to finish their requests, and waits until they have ended. */
  async dispose(): Promise<void> {
    this.#isStopping = true;
    for (const delay of this.#delays) clearTimeout(delay);
    const ends = [...this.#members].map(async ({ process }) => {
      const timer = setTimeout(() => process.process.kill("SIGKILL"), this.#options.drainTimeout + endMilliseconds);
      const exited = once(process, "exit");
      send(process, { type: "stop" });
      await exited;
      clearTimeout(timer);
    });
    await Promise.all(ends);
  }

  /** Resolves when the process listens. @throws what kept it from that */
  async #startOne(isFirst: boolean): Promise<void> {
    const process = cluster.fork();
    const member: Member = { process, started: performance.now(), isListening: false, snapshot: undefined };
    this.#members.add(member);
    const { workers, port } = this.#options;
    send(process, { type: "start", workers, port, warns: isFirst });
    let problem: Error | undefined;
    await new Promise<void>((resolve, reject) => {
      process.on("message", (report: Report) => {
        if (report.type === "failed") problem = errorOf(report);
        else if (report.type === "listening") {
          this.#serving ??= { url: report.url, models: report.models };
          member.isListening = true;
          resolve();
        } else if (report.type === "measured") {
          member.snapshot = report.snapshot;
          if (report.id !== undefined) this.#measuring.get(report.id)?.(report.snapshot);
        } else void this.#tellOthers(member, report.id);
      });
      const ended = (error: Error) => {
        if (!this.#members.delete(member)) return;
        reject(error);
        if (!this.#isStopping && this.#serving !== undefined) this.#replace(member, error);
      };
      process.once("error", (cause) => {
        ended(new HpdError("runtime", `a process of the server can't be started: ${cause.message}`, { cause }));
      });
      process.once("exit", (code, signal) => {
        ended(problem ?? new HpdError("runtime", `a process of the server ended with ${signal ?? `code ${code}`}`));
      });
    });
  }

  #replace({ started, isListening, snapshot }: Member, error: Error): void {
    if (snapshot !== undefined) this.#ended.addSnapshot(snapshot, { withGauges: false });
    const isSteady = isListening && performance.now() - started > steadyMilliseconds;
    const delay = restartDelay(isSteady ? 0 : this.#failures);
    this.#failures = isSteady ? 0 : this.#failures + 1;
    if (this.#failures > maxFailures && ![...this.#members].some((member) => member.isListening)) {
      this.#giveUp(error);
      return;
    }
    const when = delay === 0 ? "now" : `in ${delay / 1000} s`;
    this.#options.onEvent("error", `${error.message}; another one is started ${when}`);
    const timer = setTimeout(() => {
      this.#delays.delete(timer);
      this.#ended.add("hpd_process_restarts");
      this.#startOne(false).catch(() => {});
    }, delay);
    this.#delays.add(timer);
  }

  async #tellOthers(asking: Member, id: number): Promise<void> {
    const others = [...this.#members].filter((member) => member !== asking && member.isListening);
    const told = await Promise.all(others.map((member) => this.#measure(member)));
    const own = new Metrics();
    own.set("process_resident_memory_bytes", process.memoryUsage.rss());
    const snapshots = [...told.filter((each) => each !== undefined), this.#ended.snapshot(), own.snapshot()];
    send(asking.process, { type: "metrics", id, snapshots });
    send(asking.process, { type: "measure", id: this.#nextId++ });
  }

  #measure(member: Member): Promise<MetricsSnapshot | undefined> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const done = (snapshot: MetricsSnapshot | undefined) => {
        clearTimeout(timer);
        this.#measuring.delete(id);
        resolve(snapshot);
      };
      const timer = setTimeout(() => done(member.snapshot), measureMilliseconds);
      this.#measuring.set(id, done);
      send(member.process, { type: "measure", id });
    });
  }
}

/** A process that has just ended gets nothing, which its `exit` tells. */
function send(process: Worker, order: Order): void {
  if (process.isConnected()) process.send(order, undefined, undefined, () => {});
}

function errorOf({ code, message }: Extract<Report, { type: "failed" }>): Error {
  return code === "usage" ? new UsageError(message) : new HpdError(code as HpdErrorCode, message);
}
