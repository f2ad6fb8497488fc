#!/usr/bin/env node
/** The command line: finds the command, reads its flags, and turns errors into messages and exit codes. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { nearest } from "../common/nearest.ts";
import { HpdError } from "../errors.ts";
import { type Command, UsageError } from "./command.ts";

/** Each is loaded when it is asked for: no command waits for what another one needs. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  encode: async () => (await import("./encode.ts")).encodeCommand,
  similarity: async () => (await import("./similarity.ts")).similarityCommand,
  index: async () => (await import("./index.ts")).indexCommand,
  search: async () => (await import("./search.ts")).searchCommand,
  dedupe: async () => (await import("./dedupe.ts")).dedupeCommand,
  map: async () => (await import("./map.ts")).mapCommand,
  evaluate: async () => (await import("./evaluate.ts")).evaluateCommand,
  distill: async () => (await import("./distill.ts")).distillCommand,
  info: async () => (await import("./info.ts")).infoCommand,
};

async function help(): Promise<string> {
  const summaries = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => `  ${name.padEnd(12)}${(await load()).summary}`),
  );
  return `hpd: sentence embeddings, as sentence-transformers makes them.

Usage: hpd COMMAND [options]

Commands:
${summaries.join("\n")}

  hpd COMMAND --help       the options of a command, with examples
  hpd --version
  --verbose                where an error comes from
  --json                   errors too are JSON, on stderr: {"error": {"code": "...", "message": "..."}}

Exit codes: 0 done, 1 failed, 2 the command line is wrong, 130 interrupted.

Example:
  hpd similarity "He plays guitar." "A street vendor is outside."`;
}

/** Aborts the work; it is not an error of the work. */
class Interrupted extends Error {}

async function main(args: readonly string[]): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") return print(await help());
  if (name === "--version") return print(version());
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    throw new UsageError(`there is no command ${JSON.stringify(name)}${nearest(name, Object.keys(commands))}`);
  }
  const command = await load();
  const { values, positionals } = parse(command, rest);
  if (values.help) return print(command.help);
  await command.run({ flags: values, positionals, signal: interruptSignal() });
}

function parse(command: Command, args: string[]) {
  const options = {
    ...command.options,
    help: { type: "boolean", short: "h" },
    verbose: { type: "boolean" },
    json: { type: "boolean" },
  } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (cause) {
    const flag = /Unknown option '--([^']+)'/.exec((cause as Error).message)?.[1];
    if (flag === undefined) throw new UsageError((cause as Error).message, { cause });
    throw new UsageError(`there is no option --${flag}${nearest(flag, Object.keys(options), "--")}`, { cause });
  }
}

/** The first signal stops the work cleanly, a second one at once. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort(new Interrupted());
    });
  }
  return controller.signal;
}

function version(): string {
  // Beside src/ and dist/ alike.
  return JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function report(error: unknown, args: readonly string[]): number {
  if (error instanceof Interrupted) return 130;
  const isUsage = error instanceof UsageError;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof HpdError ? error.code : isUsage ? "usage" : "internal";
  if (args.includes("--json")) process.stderr.write(`${JSON.stringify({ error: { code, message } })}\n`);
  else process.stderr.write(`hpd: ${message}${isUsage ? "; see hpd --help" : ""}\n`);
  if (args.includes("--verbose") && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return isUsage ? 2 : 1;
}

const args = process.argv.slice(2);

// A reader such as `head` that has seen enough closes the pipe: that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  const message = `standard output can't be written: ${error.message}`;
  process.exit(report(new HpdError("invalid_argument", message, { cause: error }), args));
});

try {
  await main(args);
} catch (error) {
  process.exitCode = report(error, args);
}
