/**
 * Options of public functions, checked as they come: an option that is not known, or of the wrong type, is an error
 * that names it. JavaScript would pass over it without a word.
 *
 * A table beside each interface says of what type each option is. Its type follows from the interface, so the compiler
 * finds what is missing in one of them.
 */
import { HpdError } from "../errors.ts";
import { describe } from "./json.ts";
import { nearest } from "./nearest.ts";
import type { Given } from "./optional.ts";

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

/** Advice for names that are often passed but are no options, by that name in camelCase. */
export type Hints = Readonly<Record<string, string>>;

/**
 * @param caller the function, for messages
 * @returns the options that are given, as properties of their own: a spread finds those of a class too, and what the
 *   caller changes later counts for nothing
 * @throws HpdError `invalid_argument` for an option that is not known, with the nearest one that is, and for one of
 *   another type. `undefined` is as good as left out.
 */
export function checkedOptions<Options extends object>(
  caller: string,
  options: Options,
  table: OptionTable<Options>,
  hints: Hints = {},
): Given<Options> {
  check({ caller, hints }, "", options, table as unknown as AnyTable);
  const given = Object.keys(table).flatMap((name): [string, unknown][] => {
    const value: unknown = options[name as keyof Options];
    if (value === undefined) return [];
    return [[name, table[name as keyof Options] === "signal" ? nativeSignal(value as AbortSignal) : value]];
  });
  return Object.fromEntries(given) as Given<Options>;
}

/** The function whose options are checked, for messages. */
interface Caller {
  readonly caller: string;
  readonly hints: Hints;
}

/** @param path of the options in those of the caller: `load.`, `teachers[0].` */
function check(from: Caller, path: string, options: unknown, table: AnyTable): void {
  // A list or a Map would pass for an object without any option.
  if (typeof options !== "object" || options === null || Symbol.iterator in options) {
    const what = path === "" ? "the options" : path.slice(0, -1);
    throw new HpdError("invalid_argument", `${from.caller}: ${what} should be an object, got ${kindOf(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(table, name)) throw unknownOption(from, path, name, Object.keys(table));
  }
  for (const [name, type] of Object.entries(table)) {
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined) checkValue(from, path + name, value, type);
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

const nativeSignals = new WeakMap<AbortSignal, AbortSignal>();

/** The signal, or one that follows it: `AbortSignal.any` and `fetch` take none of another realm. */
function nativeSignal(signal: AbortSignal): AbortSignal {
  if (signal instanceof AbortSignal) return signal;
  const known = nativeSignals.get(signal);
  if (known !== undefined) return known;
  const controller = new AbortController();
  const abort = () => controller.abort((signal as AbortSignal).reason);
  if ((signal as AbortSignal).aborted) abort();
  else (signal as AbortSignal).addEventListener("abort", abort, { once: true });
  nativeSignals.set(signal, controller.signal);
  return controller.signal;
}

function isList(type: readonly [AnyTable] | AnyTable): type is readonly [AnyTable] {
  return Array.isArray(type);
}

/** The type of a value for messages, or the value itself where it is short and says more. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null && Symbol.iterator in value) return "an iterable";
  return (typeof value === "object" && value !== null) || typeof value === "function" ? typeof value : describe(value);
}
