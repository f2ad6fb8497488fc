#!/usr/bin/env node
/** The process of the command line: its arguments, its exit code, and what streams, signals and libraries do to it. */
import { HpdError } from "../errors.ts";
import { report, runCommandLine } from "./command-line.ts";
import { interruptSignal } from "./interrupt.ts";
import { say } from "./terminal.ts";

const args = process.argv.slice(2);

// Replaces Node's own listener, which is absent with --no-warnings and prints control characters unescaped.
if (process.listenerCount("warning") > 0) {
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => say(`${name}: ${message}`));
}

// Errors in callbacks of libraries.
process.on("uncaughtException", (error) => process.exit(report(error, args)));

// A closed terminal or pipe: the work goes on without messages.
process.stderr.on("error", () => {});

// A reader such as `head` closes the pipe when it has enough: not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  const message = `standard output can't be written: ${error.message}`;
  process.exit(report(new HpdError("invalid_argument", message, { cause: error }), args));
});

const code = await runCommandLine(args, interruptSignal);
if (code !== 0) process.exitCode = code;
