/**
 * The protocol between a benchmark and an engine: one JSON object a line, commands on stdin, answers on stdout. When it
 * is ready, an engine says so by a first answer; then each line `{ "command": name, ... }` is answered by one line.
 * Whatever a library prints to stdout that is not a JSON object is skipped by the reader.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

export interface Answer {
  firstVectorMs?: number;
  /** Of the libraries that an engine is made of. */
  versions?: Readonly<Record<string, string>>;
  seconds?: number;
  /** Of each query. */
  milliseconds?: number[];
  peakMiB?: number;
  /** Of training: the optimizer's part of `seconds`, and the loss of each step. */
  optimizerSeconds?: number;
  losses?: number[];
  gigaflops?: number;
  /** Of search: until the index stands, its size, and how many of the queries `seconds` are for. */
  buildSeconds?: number;
  bytesAVector?: number;
  queries?: number;
  /** How late a timer of the main thread fires, in milliseconds. */
  eventLoop?: { p99: number; max: number };
}

/** `VmHWM`: the most physical memory the process, its threads included, ever held. NaN where there is no /proc. */
export function peakMiB(): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}

function answer(message: Answer): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/**
 * Answers commands until stdin ends.
 *
 * @typeParam Request what lines hold beside the command
 */
export async function serveCommands<Request extends object = { path: string }>(
  first: Answer,
  commands: Readonly<Record<string, (request: Request) => Promise<Answer>>>,
): Promise<void> {
  // Ctrl-C is for the benchmark, at whose end stdin ends.
  process.on("SIGINT", () => {});
  answer(first);
  for await (const line of createInterface({ input: process.stdin })) {
    const { command, ...request } = JSON.parse(line) as { command: string } & Request;
    answer((await commands[command]?.(request as unknown as Request)) ?? {});
  }
  process.exit();
}
