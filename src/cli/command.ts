/** The commands of `hpd`: each has a description, a table of settings and a function that runs it. */
import { type Description, helpText } from "./settings/help.ts";
import { readSettings } from "./settings/read.ts";
import { type Flags, type SettingTable, type TableOf, tableOf, type ValuesOf } from "./settings/table.ts";
import { UsageError } from "./usage-error.ts";

export interface Command {
  /** One line for `hpd --help`. */
  readonly summary: string;
  readonly settings: SettingTable;
  /** The text of `hpd COMMAND --help`. @param width columns of its longest line */
  help(width: number): string;
  run(invocation: Invocation): Promise<void>;
}

/** A parsed command line. */
export interface Invocation {
  readonly flags: Flags;
  readonly positionals: readonly string[];
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** The input of a command: the checked values of its settings, and its arguments. */
export interface CommandContext<Values = unknown> {
  readonly values: Values;
  readonly positionals: readonly string[];
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

interface Definition<S extends Description["sections"]> extends Description {
  readonly summary: string;
  readonly sections: S;
  run(context: CommandContext<ValuesOf<TableOf<S>>>): Promise<void>;
}

/** A command whose flags, help and values all come from the settings of its sections. */
export function defineCommand<const S extends Description["sections"]>(definition: Definition<S>): Command {
  const settings = tableOf(definition.sections);
  return {
    summary: definition.summary,
    settings,
    help: (width) => helpText(definition, width),
    async run({ flags, positionals, signal }) {
      await definition.run({ values: await readSettings(flags, settings), positionals, signal });
    },
  };
}

/** The only argument. @throws UsageError for none or several */
export function onlyArgument(positionals: readonly string[], name: string): string {
  const argument = optionalArgument(positionals, name);
  if (argument !== undefined) return argument;
  throw new UsageError(`missing ${name}`);
}

/** The only argument, or undefined for none. @throws UsageError for several */
export function optionalArgument(positionals: readonly string[], name: string): string | undefined {
  if (positionals.length < 2) return positionals[0];
  throw new UsageError(`expected one ${name}, got ${positionals.join(", ")}`);
}

/** Requires a command line without arguments. @throws UsageError */
export function requireNoArguments(positionals: readonly string[], advice: string): void {
  if (positionals.length > 0) throw new UsageError(`expected no arguments, got ${positionals.join(", ")}: ${advice}`);
}
