/** The flags of a command out of its arguments, by Node's `parseArgs`; what is wrong with them in words of our own. */
import { parseArgs } from "node:util";
import { nearest } from "../common/nearest.ts";
import { type Command, UsageError } from "./command.ts";

/** @throws UsageError for a flag that the command doesn't have, without its value, or with one that it doesn't take */
export function parseFlags(command: Command, args: string[]) {
  const options = {
    ...command.options,
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
