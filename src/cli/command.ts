/** What a command of `hpd` is. */
import type { ParseArgsOptionsConfig } from "node:util";

export interface Command {
  /** One line for `hpd --help`. */
  readonly summary: string;
  /** What `hpd COMMAND --help` prints: usage, options, examples. */
  readonly help: string;
  readonly options: ParseArgsOptionsConfig;
  run(context: CommandContext): Promise<void>;
}

/** A flag's value as `parseArgs` gives it. */
export type Flags = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

export interface CommandContext {
  readonly flags: Flags;
  readonly positionals: readonly string[];
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** The command line itself is wrong: exit code 2, with a pointer to the help. */
export class UsageError extends Error {}

export function stringFlag(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === "string" ? value : undefined;
}

/** @throws UsageError where there is none, or more than one. */
export function oneFile(positionals: readonly string[]): string {
  const [file] = positionals;
  if (file !== undefined && positionals.length === 1) return file;
  throw new UsageError(`one file is needed, got ${positionals.join(", ") || "none"}`);
}

/** @throws UsageError where the flag is not a positive integer. */
export function positiveIntegerFlag(flags: Flags, name: string): number | undefined {
  const value = stringFlag(flags, name);
  if (value === undefined) return undefined;
  if (/^[1-9]\d*$/.test(value)) return Number(value);
  throw new UsageError(`--${name} should be a positive integer, got ${JSON.stringify(value)}`);
}

/** @throws UsageError where the flag is not a non-negative integer. */
export function wholeNumberFlag(flags: Flags, name: string): number | undefined {
  const value = stringFlag(flags, name);
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new UsageError(`--${name} should be a non-negative integer, got ${JSON.stringify(value)}`);
}

/** @throws UsageError where the flag is none of the choices. */
export function choiceFlag<T extends string>(flags: Flags, name: string, choices: readonly T[]): T | undefined {
  const value = stringFlag(flags, name);
  const choice = choices.find((known) => known === value);
  if (value === undefined || choice !== undefined) return choice;
  throw new UsageError(`--${name} should be one of ${choices.join(", ")}, got ${JSON.stringify(value)}`);
}
