/**
 * The table of a command's settings, from which its flags, its help and the keys of its recipe files are derived. Recipes
 * name settings as flags do, or in camelCase.
 */
import type { ParseArgsOptionsConfig } from "node:util";
import { maxSeconds } from "../../common/arguments.ts";

export interface Setting {
  /**
   * The type of the value. `texts`, `teachers` and `named` may be repeated as flags, and are lists in a recipe. `named` is a
   * text, or texts by name: `NAME=TEXT`. `weights` are numbers by name: `NAME=NUMBER,...`. `list` is a list of objects with
   * settings of their own, which only a recipe can hold.
   */
  readonly kind: keyof ValueOfKind;
  /** The flag's one-letter form. */
  readonly short?: string;
  /** Placeholder of the value in the help. */
  readonly value?: string;
  /** The values that are allowed. */
  readonly choices?: readonly string[];
  /** The settings of each item of a `list`. */
  readonly items?: SettingTable;
  /** Whether the command fails without it. */
  readonly required?: true;
  /** The value if it is not given. */
  readonly default?: string | number;
  /** The default as the help says it, where the library decides. */
  readonly defaultsTo?: string;
  /** Whether a recipe can't hold it. */
  readonly flagOnly?: true;
  /** Whether a number is in range; `expected` says which are. */
  isValid?(value: number): boolean;
  readonly expected?: string;
  /** An addition to the message about a value that is not allowed, such as the choice that was probably meant. */
  hint?(value: string): string;
  readonly help: string;
}

export type SettingTable = Readonly<Record<string, Setting>>;

/** A part of a command's help, with the settings that it describes. */
export interface Section {
  /** Paragraphs below the title. */
  readonly about?: string;
  /** Terms with explanations, such as file extensions. */
  readonly terms?: Readonly<Record<string, string>>;
  readonly settings?: SettingTable;
  /** Paragraphs after the settings. */
  readonly notes?: string;
}

/** The sections of a command's help by title. */
export type Sections = Readonly<Record<string, Section>>;

interface ValueOfKind {
  switch: boolean;
  text: string;
  texts: readonly string[];
  integer: number;
  number: number;
  integers: readonly number[];
  teachers: readonly (string | object)[];
  weights: Readonly<Record<string, number>>;
  named: string | Readonly<Record<string, string>>;
  list: readonly object[];
}

type ValueOf<S extends Setting> = S extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : S extends { readonly items: infer Items extends SettingTable }
    ? readonly ValuesOf<Items>[]
    : ValueOfKind[S["kind"]];

type AlwaysGiven<Table extends SettingTable> = {
  [Name in keyof Table]: Table[Name] extends { readonly required: true } | { readonly default: unknown } ? Name : never;
}[keyof Table];

/** The values of a table's settings, from flags, a recipe and defaults. */
export type ValuesOf<Table extends SettingTable> = {
  readonly [Name in AlwaysGiven<Table>]: ValueOf<Table[Name]>;
} & {
  readonly [Name in Exclude<keyof Table, AlwaysGiven<Table>>]?: ValueOf<Table[Name]> | undefined;
};

type SettingsOf<S> = S extends { readonly settings: infer Table extends SettingTable } ? Table : never;

type IntersectionOf<Union> = (Union extends unknown ? (member: Union) => void : never) extends (
  member: infer Intersection,
) => void
  ? Intersection
  : never;

/** The settings of all sections in one table. */
export type TableOf<S extends Sections> =
  IntersectionOf<SettingsOf<S[keyof S]>> extends infer Table extends SettingTable
    ? { readonly [Name in keyof Table]: Table[Name] }
    : never;

export function tableOf<S extends Sections>(sections: S): TableOf<S> {
  return Object.assign({}, ...Object.values(sections).map(({ settings }) => settings)) as TableOf<S>;
}

export const positiveInteger = {
  kind: "integer",
  value: "N",
  expected: "a positive integer",
  isValid: (value: number) => value > 0,
} as const;

export const nonNegativeInteger = {
  kind: "integer",
  value: "N",
  expected: "a non-negative integer",
  isValid: (value: number) => value >= 0,
} as const;

/** A time limit of at least so many seconds. */
export function secondsFrom(least: number) {
  return {
    kind: "integer",
    value: "SECONDS",
    expected: `an integer from ${least} to ${maxSeconds}`,
    isValid: (value: number) => value >= least && value <= maxSeconds,
  } as const;
}

/** Values of flags as `parseArgs` returns them. */
export type Flags = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

const repeatableKinds: readonly Setting["kind"][] = ["texts", "teachers", "named"];

/** Whether a flag may be given several times. */
export function isRepeatable({ kind }: Setting): boolean {
  return repeatableKinds.includes(kind);
}

/** The flags of a table, as `parseArgs` takes them. */
export function flagsOf(table: SettingTable): ParseArgsOptionsConfig {
  const flags = Object.entries(table).filter(([, { kind }]) => kind !== "list");
  return Object.fromEntries(
    flags.map(([name, setting]) => {
      const short = setting.short === undefined ? {} : { short: setting.short };
      if (setting.kind === "switch") return [name, { type: "boolean", ...short }];
      return [name, { type: "string", multiple: isRepeatable(setting), ...short }];
    }),
  );
}
