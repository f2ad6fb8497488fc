/** Parses the arguments of a command by Node's `parseArgs`, with its own error messages. */
import { parseArgs } from "node:util";
import { nearest } from "../common/nearest.ts";
import type { Command } from "./command.ts";
import { flagsOf } from "./settings/table.ts";
import { UsageError } from "./usage-error.ts";

/** @throws UsageError for an unknown flag, one without its value, and one with a value that it doesn't take */
export function parseFlags(command: Command, args: string[]) {
  const options = {
    ...flagsOf(command.settings),
    help: { type: "boolean", short: "h" },
    verbose: { type: "boolean" },
    json: { type: "boolean" },
  } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (cause) {
    throw new UsageError(problemOf((cause as Error).message, Object.keys(options)), { cause });
  }
}

function problemOf(message: string, known: readonly string[]): string {
  const unknown = /^Unknown option '(--?)([^']+)'/.exec(message);
  if (unknown !== null) {
    const [, dashes = "", name = ""] = unknown;
    return `there is no option ${dashes}${name}${dashes === "--" ? nearest(name, known, "--") : ""}`;
  }
  const flag = /^Option '(?:-\w, )?(--?[\w-]+)/.exec(message)?.[1];
  if (flag === undefined) return message;
  if (message.includes("does not take an argument")) return `${flag} takes no value`;
  const advice =
    message.includes("ambiguous") && flag.startsWith("--") ? ` (${flag}=-1 for one that begins with "-")` : "";
  return `${flag} needs a value${advice}`;
}
