/**
 * The protocol between a benchmark and an engine: one JSON object a line, commands on stdin, answers on stdout. When it
 * is ready, an engine says so by a first answer; then each line `{ "command": name, "path"? }` is answered by one line.
 * Whatever a library prints to stdout that is not a JSON object is skipped by the reader.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

export interface Answer {
  firstVectorMs?: number;
  seconds?: number;
  peakMiB?: number;
  tokenCounts?: number[];
  /** Of training: the optimizer's part of `seconds`, and the loss of each step. */
  optimizerSeconds?: number;
  losses?: number[];
  gigaflops?: number;
  /** Of search: until the index stands, its size, and how many of the queries `seconds` are for. */
  buildSeconds?: number;
  bytesAVector?: number;
  queries?: number;
  /** Milliseconds: `p50`, `p99`, `max`. */
  eventLoop?: { p50: number; p99: number; max: number };
}

export interface Engine {
  firstVectorMs: number;
  /** All sentences of the run, embeddings in their order, row-major. */
  encode(): Promise<Float32Array>;
  /** What only this engine can tell. */
  extra?: Record<string, () => Promise<Answer>>;
}

/** The sentences of the run: the file named on the command line, a JSON array. */
export function readSentences(path: string): string[] {
  return JSON.parse(readFileSync(path, "utf8"));
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

/** Answers commands until stdin ends. */
export async function serveCommands(
  first: Answer,
  commands: Readonly<Record<string, (path: string) => Promise<Answer>>>,
): Promise<void> {
  answer(first);
  for await (const line of createInterface({ input: process.stdin })) {
    const { command, path } = JSON.parse(line) as { command: string; path: string };
    answer((await commands[command]?.(path)) ?? {});
  }
  process.exit();
}

/** Serves an engine that encodes: `round` (a timed encode), `embeddings` (encode, written to `path`), extras. */
export function serve(engine: Engine): Promise<void> {
  return serveCommands(
    { firstVectorMs: engine.firstVectorMs },
    {
      async round() {
        const start = performance.now();
        await engine.encode();
        const seconds = (performance.now() - start) / 1000;
        return { seconds, peakMiB: peakMiB() };
      },
      async embeddings(path) {
        writeFileSync(path, await engine.encode());
        return {};
      },
      ...engine.extra,
    },
  );
}
