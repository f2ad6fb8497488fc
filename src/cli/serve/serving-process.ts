/** One of the processes of a server, started by `ProcessGroup`: loads the models, listens, and answers its orders. */
import cluster from "node:cluster";
import { HpdError } from "../../errors.ts";
import { listen } from "../../server/http/listen.ts";
import type { MetricsSnapshot } from "../../server/observe/metrics.ts";
import { checkedServerOptions } from "../../server/options.ts";
import { serverOver } from "../../server/server-over.ts";
import { Services } from "../../server/services.ts";
import type { CommandContext } from "../command.ts";
import { UsageError } from "../usage-error.ts";
import { apiKeysOf } from "./api-keys.ts";
import { loadServedModels } from "./load.ts";
import { logFormat, logTo } from "./log.ts";
import type { Order, Report } from "./messages.ts";
import { serverOptions, type Values } from "./settings.ts";
import { untilAborted } from "./until-aborted.ts";

/** Time for the metrics of the other processes, after which those of this one are told alone. */
const othersMilliseconds = 2_000;

type Start = Extract<Order, { type: "start" }>;

export async function runServingProcess(context: CommandContext<Values>): Promise<void> {
  const stop = new AbortController();
  const others = new OtherProcesses();
  let start!: (order: Start) => void;
  const started = new Promise<Start>((resolve) => {
    start = resolve;
  });
  let services: Services | undefined;
  process.on("message", (order: Order) => {
    if (order.type === "start") start(order);
    else if (order.type === "stop") stop.abort();
    else if (order.type === "measure" && services !== undefined) {
      report({ type: "measured", id: order.id, snapshot: services.measure() });
    } else if (order.type === "metrics") others.take(order.id, order.snapshots);
  });
  const signal = AbortSignal.any([context.signal, stop.signal]);
  try {
    const { workers, port: known, warns } = await started;
    const { values, positionals } = context;
    const { options, address } = serverOptions(values);
    const apiKeys = await apiKeysOf(values);
    const loading = { ...context, values: { workers, ...values }, signal };
    await using models = await loadServedModels(positionals, loading, { warns });
    services = new Services(
      models.named,
      checkedServerOptions({ ...options, indexes: models.indexes, apiKeys, onLog: logTo(logFormat(values)) }),
    );
    services.metricsOfOthers = () => others.ask();
    const port = known ?? address.port;
    const listening = await listen(serverOver(services), { ...address, ...(port !== undefined && { port }) });
    report({ type: "listening", url: listening.url, models: models.named.map(({ name }) => name) });
    await untilAborted(signal);
    await listening.dispose();
    report({ type: "measured", snapshot: services.measure() });
  } catch (error) {
    if (!signal.aborted) {
      process.exitCode = 1;
      report({ type: "failed", ...problemOf(error) });
    }
  } finally {
    cluster.worker?.disconnect();
  }
}

function problemOf(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  return { code: error instanceof HpdError ? error.code : error instanceof UsageError ? "usage" : "runtime", message };
}

/** Sends a report to the process that started this one. */
function report(value: Report): void {
  process.send?.(value, undefined, undefined, () => {});
}

class OtherProcesses {
  readonly #waiting = new Map<number, (snapshots: readonly MetricsSnapshot[]) => void>();
  #nextId = 0;

  ask(): Promise<readonly MetricsSnapshot[]> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.take(id, []), othersMilliseconds);
      this.#waiting.set(id, (snapshots) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(snapshots);
      });
      report({ type: "others", id });
    });
  }

  take(id: number, snapshots: readonly MetricsSnapshot[]): void {
    this.#waiting.get(id)?.(snapshots);
  }
}
