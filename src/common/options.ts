/**
 * Options of public functions, checked as they come: an option that is not known, or of the wrong type, is an error that
 * names it. JavaScript would pass over it without a word.
 *
 * A table beside each interface says of what type each option is. Its type follows from the interface, so the compiler
 * finds what is missing in one of them.
 */
import { HpdError } from "../errors.ts";
import { describe } from "./json.ts";
import { nearest } from "./nearest.ts";

/** The types of the options of an interface. */
export type OptionTable<Options> = {
  readonly [Name in keyof Required<Options>]: OptionType<NonNullable<Options[Name]>>;
};

/**
 * The type of an option: what `typeof` says, `signal`, a table of options of its own, or `[table]` for a list of them.
 * `any` is checked by whoever reads it.
 */
type OptionType<Value> = [Value] extends [boolean]
  ? "boolean"
  : [Value] extends [number]
    ? "number"
    : [Value] extends [string]
      ? "string"
      : [Value] extends [(...args: never[]) => unknown]
        ? "function"
        : [Value] extends [AbortSignal]
          ? "signal"
          : [Value] extends [readonly (infer Item)[]]
            ? readonly [OptionTable<Item>] | "any"
            : OptionTable<Value> | "any";

type AnyType = string | readonly [AnyTable] | AnyTable;

interface AnyTable {
  readonly [name: string]: AnyType;
}

/** What is no option and is asked for all the same, with what to do instead. */
export type Hints = Readonly<Record<string, string>>;

/**
 * @param caller the function, for messages
 * @returns the options
 * @throws HpdError `invalid_argument` for an option that is not known, with the nearest one that is, and for one of another
 *   type. `undefined` is as good as left out.
 */
export function checkedOptions<Options extends object>(
  caller: string,
  options: Options,
  table: OptionTable<Options>,
  hints: Hints = {},
): Options {
  check({ caller, hints }, "", options, table as unknown as AnyTable);
  return options;
}

/** The function whose options are checked, for messages. */
interface Caller {
  readonly caller: string;
  readonly hints: Hints;
}

/** @param path of the options in those of the caller: `load.`, `teachers[0].` */
function check(from: Caller, path: string, options: unknown, table: AnyTable): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const what = path === "" ? "the options" : path.slice(0, -1);
    throw new HpdError("invalid_argument", `${from.caller}: ${what} should be an object, got ${kindOf(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(table, name)) throw unknownOption(from, path, name, Object.keys(table));
    if (value !== undefined) checkValue(from, path + name, value, table[name]!);
  }
}

function checkValue(from: Caller, name: string, value: unknown, type: AnyType): void {
  if (type === "any") return;
  if (typeof type === "string") {
    if (type === "signal" ? isSignal(value) : typeof value === type) return;
    const expected = type === "signal" ? "an AbortSignal" : `a ${type}`;
    throw new HpdError("invalid_argument", `${from.caller}: ${name} should be ${expected}, got ${kindOf(value)}`);
  }
  if (!isList(type)) {
    check(from, `${name}.`, value, type);
    return;
  }
  if (!Array.isArray(value)) {
    throw new HpdError("invalid_argument", `${from.caller}: ${name} should be an array, got ${kindOf(value)}`);
  }
  for (const [index, item] of value.entries()) check(from, `${name}[${index}].`, item, type[0]);
}

function unknownOption({ caller, hints }: Caller, path: string, name: string, known: string[]): HpdError {
  const camelCase = name.replaceAll(/[_-]+([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const hint = Object.hasOwn(hints, camelCase) ? `: ${hints[camelCase]}` : nearest(name, known, path);
  const otherwise = known.length === 0 ? "" : `; there are ${known.map((option) => path + option).join(", ")}`;
  return new HpdError("invalid_argument", `${caller} has no option ${describe(path + name)}${hint || otherwise}`);
}

/** Judges by the parts: a signal of another realm (a frame, a test's sandbox) is no instance of this one's class. */
function isSignal(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { aborted, addEventListener } = value as Partial<AbortSignal>;
  return typeof aborted === "boolean" && typeof addEventListener === "function";
}

function isList(type: readonly [AnyTable] | AnyTable): type is readonly [AnyTable] {
  return Array.isArray(type);
}

/** For messages: the type of a value, and the value itself where it is short and says more. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  return (typeof value === "object" && value !== null) || typeof value === "function" ? typeof value : describe(value);
}
