/** The command line: finds the command, parses its flags, and turns errors into messages and exit codes. */
import { nearest } from "../common/nearest.ts";
import { packageVersion } from "../common/package-version.ts";
import { redactPasswords } from "../common/redact.ts";
import { HpdError } from "../errors.ts";
import type { Command } from "./command.ts";
import { withFlags } from "./flag-names.ts";
import { Interrupted } from "./interrupt.ts";
import { parseFlags } from "./parse-flags.ts";
import { definitions, helpWidth, paragraphs } from "./settings/help.ts";
import { note, print, say, sayJson } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** The commands, each loaded when it runs, so that none waits for the modules of another. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  encode: async () => (await import("./encode.ts")).encodeCommand,
  similarity: async () => (await import("./similarity.ts")).similarityCommand,
  index: async () => (await import("./index.ts")).indexCommand,
  search: async () => (await import("./search.ts")).searchCommand,
  dedupe: async () => (await import("./dedupe.ts")).dedupeCommand,
  map: async () => (await import("./map.ts")).mapCommand,
  evaluate: async () => (await import("./evaluate.ts")).evaluateCommand,
  merge: async () => (await import("./merge.ts")).mergeCommand,
  mine: async () => (await import("./mine.ts")).mineCommand,
  distill: async () => (await import("./distill.ts")).distillCommand,
  train: async () => (await import("./train.ts")).trainCommand,
  rotate: async () => (await import("./rotate.ts")).rotateCommand,
  quantize: async () => (await import("./quantize.ts")).quantizeCommand,
  work: async () => (await import("./work.ts")).workCommand,
  serve: async () => (await import("./serve.ts")).serveCommand,
  "embed-table": async () => (await import("./embed-table.ts")).embedTableCommand,
  export: async () => (await import("./export.ts")).exportCommand,
  mcp: async () => (await import("./mcp.ts")).mcpCommand,
  info: async () => (await import("./info.ts")).infoCommand,
};

async function help(): Promise<string> {
  const width = helpWidth(process.stdout.columns);
  const summaries = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => [name, (await load()).summary] as const),
  );
  const about = `
    hpd: sentence embeddings, compatible with sentence-transformers. An embedding is a list of numbers that represents the
    meaning of a text; texts of similar meaning have similar embeddings.`;
  const codes = `
    Exit codes: 0 success, 1 failure, 2 an error in the command line; after a signal 129 (SIGHUP), 130 (SIGINT) or 143
    (SIGTERM).`;
  return `${paragraphs(about, width)}

Usage: hpd COMMAND [options]

Commands:
${definitions(Object.fromEntries(summaries), width)}

Options:
${definitions(
  {
    "hpd help COMMAND": "the options of a command, with examples; the same as hpd COMMAND --help",
    "hpd --version, -v": "the version",
    "hpd COMMAND --verbose": "print the stack of an error",
    "hpd COMMAND --json": 'print errors as JSON on stderr, too: {"error": {"code": "...", "message": "..."}}',
  },
  width,
)}

${paragraphs(codes, width)}

Examples:
  Compare two sentences:
    hpd similarity "He plays guitar." "A street vendor is outside."
  Search your notes:
    hpd index build notes/ --out notes.index
    hpd search notes.index "how do we roll back a release?"`;
}

/**
 * Runs a command line, and prints what goes wrong.
 *
 * @param interrupted gives the signal that ends the command; called when one runs
 * @returns the exit code
 */
export async function runCommandLine(args: readonly string[], interrupted: () => AbortSignal): Promise<number> {
  try {
    await run(args, interrupted);
    return 0;
  } catch (error) {
    return report(error, args);
  }
}

async function run(args: readonly string[], interrupted: () => AbortSignal): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h") return print(`${await help()}\n`);
  if (name === "--version" || name === "-v") return print(`${packageVersion}\n`);
  if (name === "help") {
    const [of] = rest.filter((argument) => !argument.startsWith("-"));
    return print(
      `${of === undefined ? await help() : (await loadCommand(of)).help(helpWidth(process.stdout.columns))}\n`,
    );
  }
  const command = await loadCommand(name);
  const { values, positionals } = parseFlags(command, rest);
  if (values.help) return print(`${command.help(helpWidth(process.stdout.columns))}\n`);
  try {
    await command.run({ flags: values, positionals, signal: interrupted() });
  } catch (error) {
    if (error instanceof HpdError) error.message = withFlags(error.message, command.settings);
    throw error;
  }
}

async function loadCommand(name: string): Promise<Command> {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load !== undefined) return await load();
  if (name.startsWith("-")) throw new UsageError(`expected a command before its options, got ${name}`);
  throw new UsageError(`there is no command ${JSON.stringify(name)}${nearest(name, Object.keys(commands))}`);
}

/** Prints an error that ends a command line. @returns the exit code */
export function report(error: unknown, args: readonly string[]): number {
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
