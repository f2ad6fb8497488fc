#!/usr/bin/env node
/** The command line: finds the command, reads its flags, and turns errors into messages and exit codes. */
import { readFileSync } from "node:fs";
import { nearest } from "../common/nearest.ts";
import { redactPasswords } from "../common/redact.ts";
import { HpdError } from "../errors.ts";
import { type Command, UsageError } from "./command.ts";
import { withFlags } from "./flag-names.ts";
import { Interrupted, interruptSignal } from "./interrupt.ts";
import { parseFlags } from "./parse-flags.ts";
import { note, print, say, sayJson } from "./terminal.ts";

/** Each is loaded when it is asked for: no command waits for what another one needs. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  encode: async () => (await import("./encode.ts")).encodeCommand,
  similarity: async () => (await import("./similarity.ts")).similarityCommand,
  index: async () => (await import("./index.ts")).indexCommand,
  search: async () => (await import("./search.ts")).searchCommand,
  dedupe: async () => (await import("./dedupe.ts")).dedupeCommand,
  map: async () => (await import("./map.ts")).mapCommand,
  evaluate: async () => (await import("./evaluate.ts")).evaluateCommand,
  mine: async () => (await import("./mine.ts")).mineCommand,
  distill: async () => (await import("./distill.ts")).distillCommand,
  train: async () => (await import("./train.ts")).trainCommand,
  serve: async () => (await import("./serve.ts")).serveCommand,
  mcp: async () => (await import("./mcp.ts")).mcpCommand,
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

  hpd help COMMAND         the options of a command, with examples; hpd COMMAND --help too
  hpd --version            or -v

Options of every command, after its name:
  --verbose                where an error comes from
  --json                   errors too are JSON, on stderr: {"error": {"code": "...", "message": "..."}}

Exit codes: 0 done, 1 failed, 2 the command line is wrong; stopped by a signal: 129 SIGHUP, 130 SIGINT, 143 SIGTERM.

Example:
  hpd similarity "He plays guitar." "A street vendor is outside."`;
}

async function main(args: readonly string[]): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h") return print(`${await help()}\n`);
  if (name === "--version" || name === "-v") return print(`${version()}\n`);
  if (name === "help") {
    const [of] = rest.filter((argument) => !argument.startsWith("-"));
    return print(`${of === undefined ? await help() : (await loadCommand(of)).help}\n`);
  }
  const command = await loadCommand(name);
  const { values, positionals } = parseFlags(command, rest);
  if (values.help) return print(`${command.help}\n`);
  try {
    await command.run({ flags: values, positionals, signal: interruptSignal() });
  } catch (error) {
    if (error instanceof HpdError) error.message = withFlags(error.message, command.options);
    throw error;
  }
}

async function loadCommand(name: string): Promise<Command> {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load !== undefined) return await load();
  if (name.startsWith("-")) throw new UsageError(`the command comes first and its options after it, got ${name}`);
  throw new UsageError(`there is no command ${JSON.stringify(name)}${nearest(name, Object.keys(commands))}`);
}

function version(): string {
  // Beside src/ and dist/ alike.
  return JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;
}

function report(error: unknown, args: readonly string[]): number {
  if (error instanceof Interrupted) return error.exitCode;
  const isUsage = error instanceof UsageError;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof HpdError ? error.code : isUsage ? "usage" : "internal";
  if (args.includes("--json")) sayJson({ code, message });
  else say(`${message}${isUsage ? `; see hpd ${helpOf(args)}--help` : ""}`);
  if (args.includes("--verbose") && error instanceof Error) note(redactPasswords(String(error.stack)));
  return isUsage ? 2 : 1;
}

function helpOf([name = ""]: readonly string[]): string {
  return Object.hasOwn(commands, name) ? `${name} ` : "";
}

const args = process.argv.slice(2);

// Node's own listener, which isn't there with --no-warnings, prints them as they are, with lines of files in them.
if (process.listenerCount("warning") > 0) {
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => say(`${name}: ${message}`));
}

// What escapes from a library's own callbacks.
process.on("uncaughtException", (error) => process.exit(report(error, args)));

// A terminal that is gone, or a pipe that nobody reads: the work goes on without its messages.
process.stderr.on("error", () => {});

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
