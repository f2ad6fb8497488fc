/** What is told of each request, on stderr. */
import type { LogEntry } from "../../server/index.ts";
import { note } from "../terminal.ts";

export const logChoices = ["text", "json", "none"] as const;

/** Routes that are asked all the time by who watches over the server. */
const quiet: readonly string[] = ["/health", "/ping", "/metrics"];

export function logTo(format: (typeof logChoices)[number]): (entry: LogEntry) => void {
  if (format === "none") return () => {};
  return (entry) => {
    if (entry.level === "info" && quiet.includes(entry.route ?? "")) return;
    if (format === "json") process.stderr.write(`${JSON.stringify(entry)}\n`);
    else note(readable(entry));
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
    inputs !== undefined && `${inputs} texts`,
    tokens !== undefined && `${tokens} tokens`,
    failure,
    error,
    ...(at ?? []),
  ];
  const what = facts.filter(Boolean).join(", ");
  return `${time} ${status} ${method} ${route} ${milliseconds} ms${what === "" ? "" : `  ${what}`}`;
}
