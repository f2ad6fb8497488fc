/** The messages between the process that was started by hand and the processes that serve. */
import type { MetricsSnapshot } from "../../server/observe/metrics.ts";

/** A message to a process that serves. */
export type Order =
  /** Load the models and listen. */
  | {
      readonly type: "start";
      /** Threads of a model, unless the command line says. */
      readonly workers: number;
      /** The port, if it isn't that of the command line. */
      readonly port?: number | undefined;
      /** Whether this process prints warnings about the models. */
      readonly warns: boolean;
    }
  /** Finish the requests in progress and end. */
  | { readonly type: "stop" }
  /** Tell the metrics of this process. */
  | { readonly type: "measure"; readonly id: number }
  /** The metrics that were asked for by `others`. */
  | { readonly type: "metrics"; readonly id: number; readonly snapshots: readonly MetricsSnapshot[] };

/** A message of a process that serves. */
export type Report =
  | { readonly type: "listening"; readonly url: string; readonly models: readonly string[] }
  /** The process ends before it listens. */
  | { readonly type: "failed"; readonly code: string; readonly message: string }
  /** The answer to `measure` of that id, or the last metrics of a process that ends. */
  | { readonly type: "measured"; readonly id?: number | undefined; readonly snapshot: MetricsSnapshot }
  /** Asks for the metrics of all other processes. */
  | { readonly type: "others"; readonly id: number };
