/** The log of the server on stderr. */

import cluster from "node:cluster";
import { counted } from "../../common/numbers.ts";
import type { LogEntry } from "../../server/index.ts";
import { note, noteJson, say } from "../terminal.ts";

export const logChoices = ["text", "json", "none"] as const;

/** Routes of monitoring, whose successful requests are not logged. */
const quiet: readonly string[] = ["/health", "/ping", "/metrics"];

type LogFormat = (typeof logChoices)[number];

export function logFormat({ log }: { readonly log?: LogFormat | undefined }): LogFormat {
  return log ?? (process.stderr.isTTY === true ? "text" : "json");
}

/** Logs an event of the server itself, in the format of requests. */
export function logEvent(format: LogFormat, level: LogEntry["level"], message: string): void {
  if (format === "text") say(message);
  if (format === "json") noteJson({ time: new Date().toISOString(), level, message });
}

export function logTo(format: LogFormat): (entry: LogEntry) => void {
  if (format === "none") return () => {};
  return (entry) => {
    if (entry.level === "info" && quiet.includes(entry.route ?? "")) return;
    if (format === "text") note(readable(entry));
    else noteJson(cluster.isWorker ? { ...entry, pid: process.pid } : entry);
  };
}

function readable({
  time,
  method,
  route,
  status,
  milliseconds,
  model,
  inputs,
  tokens,
  failure,
  error,
  at,
}: LogEntry): string {
  const facts = [
    model,
    inputs !== undefined && counted(inputs, "text"),
    tokens !== undefined && counted(tokens, "token"),
    failure,
    error,
    ...(at ?? []),
  ];
  const what = facts.filter(Boolean).join(", ");
  return `${time} ${status} ${method} ${route} ${milliseconds} ms${what === "" ? "" : `  ${what}`}`;
}
