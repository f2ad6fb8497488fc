/**
 * `hpd` in the process of the tests, from source: for command lines that end by themselves, where the process isn't what is
 * tested. One of its own costs more than most of them.
 */
import { Readable } from "node:stream";
import { format } from "node:util";
import { runCommandLine } from "../../src/cli/command-line.ts";
import type { Outcome } from "./hpd-process.ts";

interface Surroundings {
  readonly cwd?: string;
  /** Variables that are others than those of the tests, or absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** All of its standard input. */
  readonly input?: string;
  /** Aborted as by a signal of the process. */
  readonly signal?: AbortSignal;
}

let last: Promise<unknown> = Promise.resolve();

/** Runs a command line when those before it have ended: streams, folder and variables are the process's. */
export function runHpd(args: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  const outcome = last.then(() => runAlone(args, surroundings));
  last = outcome.catch(() => {});
  return outcome;
}

async function runAlone(
  args: readonly string[],
  { cwd, env = {}, input = "", signal }: Surroundings,
): Promise<Outcome> {
  const written = { stdout: "", stderr: "" };
  const before = { cwd: process.cwd(), env: valuesOf(Object.keys(env)), stdin: stdinProperty(), warn: console.warn };
  const writes = (["stdout", "stderr"] as const).map((name) => {
    const { write } = process[name];
    process[name].write = (text: string | Uint8Array) => {
      written[name] += text;
      return true;
    };
    return () => {
      process[name].write = write;
    };
  });
  console.warn = (...values) => {
    written.stderr += `${format(...values)}\n`;
  };
  const stdin = Readable.from(input === "" ? [] : [Buffer.from(input)]);
  Object.defineProperty(process, "stdin", { configurable: true, value: stdin });
  setVariables(env);
  if (cwd !== undefined) process.chdir(cwd);
  try {
    return { code: await runCommandLine(args, () => signal ?? new AbortController().signal), ...written };
  } finally {
    for (const restore of writes) restore();
    console.warn = before.warn;
    Object.defineProperty(process, "stdin", before.stdin);
    setVariables(before.env);
    process.chdir(before.cwd);
  }
}

function stdinProperty(): PropertyDescriptor {
  return Object.getOwnPropertyDescriptor(process, "stdin")!;
}

function valuesOf(names: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}

function setVariables(values: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
