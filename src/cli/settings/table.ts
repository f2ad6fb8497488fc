/**
 * Settings of a command that has many: a table that is its flags, its help and the keys of its recipe files. A recipe has
 * them under the flag's name or in camelCase.
 */
import type { ParseArgsOptionsConfig } from "node:util";

export interface Setting {
  /**
   * What it holds. `texts` may be given several times, in a recipe as a list. `teachers` and `weights` may be objects in
   * a recipe.
   */
  readonly kind:
    | ("switch" | "text" | "texts" | "integer" | "number" | "integers" | "teachers" | "weights")
    /** A text, or texts by names: `NAME=TEXT`, several times. */
    | "named"
    /** A list of settings of their own, which a recipe alone can have. */
    | "list";
  /** Those of an item of a list. */
  readonly items?: SettingTable;
  /** What stands for its value in the help. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** What is added to the message about another value, such as the choice that was probably meant; or nothing. */
  hint?(value: string): string;
  readonly help: string;
}

export type SettingTable = Readonly<Record<string, Setting>>;

interface ValueOfKind {
  switch: boolean;
  text: string;
  texts: readonly string[];
  integer: number;
  number: number;
  integers: readonly number[];
  /** Names, or objects of a recipe. */
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

/** What was said of a table, by flags or a recipe. */
export type ValuesOf<Table extends SettingTable> = { [Name in keyof Table]?: ValueOf<Table[Name]> };

/** The flags of a table, as `parseArgs` takes them. */
export function flagsOf(table: SettingTable): ParseArgsOptionsConfig {
  const flags = Object.entries(table).filter(([, { kind }]) => kind !== "list");
  return Object.fromEntries(flags.map(([name, { kind }]) => [name, flagOf(kind)]));
}

function flagOf(kind: Setting["kind"]) {
  if (kind === "switch") return { type: "boolean" } as const;
  return { type: "string", multiple: ["texts", "teachers", "named"].includes(kind) } as const;
}

/** Columns of the help: where its text begins and where it ends. */
const textColumn = 32;
const lastColumn = 118;

/** The lines of `--help` about the settings of each section. */
export function settingsHelp(sections: Readonly<Record<string, SettingTable>>): string {
  return Object.entries(sections)
    .map(([title, members]) =>
      [title, ...Object.entries(members).map(([name, setting]) => line(name, setting))].join("\n"),
    )
    .join("\n\n");
}

function line(name: string, { value, choices, kind, help }: Setting): string {
  const flag = kind === "list" ? `  ${name}:` : `  --${name} ${value ?? (kind === "switch" ? "" : "NAME")}`;
  const list = choices === undefined ? "" : `${choices.join(", ")}${help.startsWith("(") ? " " : ": "}`;
  const indent = " ".repeat(textColumn - 1);
  const lines = flag.length < textColumn ? [flag.padEnd(textColumn - 1)] : [flag, indent];
  for (const word of `${list}${help}`.split(" ")) {
    if (`${lines.at(-1)} ${word}`.length > lastColumn) lines.push(indent);
    lines.push(`${lines.pop()} ${word}`);
  }
  return lines.join("\n");
}
