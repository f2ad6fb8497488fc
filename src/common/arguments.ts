/** Checks of what callers pass, which TypeScript's types say but JavaScript doesn't hold to. */
import { HpdError } from "../errors.ts";
import { describe, isObject } from "./json.ts";

/** The class of an object, else the value itself, as error messages name it. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (typeof value !== "object" || value === null) return typeof value === "function" ? "a function" : describe(value);
  // Of an object without a prototype there is none.
  const { constructor: made } = value as Partial<object>;
  return made?.name || "an object";
}

/** Whether it is an object to iterate over, such as an array, a set, a generator or a stream. */
export function isIterable(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);
}

/**
 * Requires an object to iterate over. A string is an iterable of its characters, which nobody means.
 *
 * @param items what it should give, for the message
 * @throws HpdError `invalid_argument`
 */
export function requireIterable(name: string, value: unknown, items: string): void {
  if (isIterable(value)) return;
  throw new HpdError("invalid_argument", `${name} should be an iterable of ${items}, got ${kindOf(value)}`);
}

/** Advice where a function's first argument was forgotten and its options stand there; empty for anything but an object. */
export function optionsHint(first: unknown): string {
  return isObject(first) && Object.getPrototypeOf(first) === Object.prototype
    ? "; options are the second argument"
    : "";
}

/**
 * Requires an object with methods, such as a loaded model.
 *
 * @param expected what it should be, for the message
 * @throws HpdError `invalid_argument`
 */
export function requireMethods(name: string, value: unknown, methods: readonly string[], expected: string): void {
  const object: unknown = value ?? {};
  if (methods.every((method) => typeof (object as Record<string, unknown>)[method] === "function")) return;
  throw new HpdError("invalid_argument", `${name} should be ${expected}, got ${kindOf(value)}`);
}

/** @param expected what it should be, for the message @throws HpdError `invalid_argument` */
export function requireObject(name: string, value: unknown, expected: string): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw new HpdError("invalid_argument", `${name} should be ${expected}, got ${kindOf(value)}`);
}

/** @param expected what it should be, for the message @throws HpdError `invalid_argument` */
export function requireMap(name: string, value: unknown, expected: string): void {
  if (value instanceof Map) return;
  throw new HpdError("invalid_argument", `${name} should be ${expected}, got ${kindOf(value)}`);
}

/** Requires a text that is not blank, such as a path. @param expected what it should be @throws HpdError `invalid_argument` */
export function requireText(name: string, value: unknown, expected: string): asserts value is string {
  if (typeof value === "string" && value.trim() !== "") return;
  throw new HpdError("invalid_argument", `${name} should be ${expected}, got ${kindOf(value)}`);
}

/** @param expected what it should be, for the message @throws HpdError `invalid_argument` */
export function requireFunction(name: string, value: unknown, expected: string): void {
  if (typeof value === "function") return;
  throw new HpdError("invalid_argument", `${name} should be ${expected}, got ${kindOf(value)}`);
}

/** @throws HpdError `invalid_argument` */
export function requireArray(name: string, value: unknown): asserts value is readonly unknown[] {
  if (Array.isArray(value)) return;
  throw new HpdError("invalid_argument", `${name} should be an array, got ${kindOf(value)}`);
}

/** Requires an array of strings. @throws HpdError `invalid_argument`, which names the first that is none */
export function requireStrings(name: string, values: unknown): void {
  requireArray(name, values);
  for (let index = 0; index < values.length; index++) {
    if (typeof values[index] === "string") continue;
    throw new HpdError("invalid_argument", `${name}[${index}] should be a string, got ${kindOf(values[index])}`);
  }
}

/** Requires an array of finite numbers. @throws HpdError `invalid_argument`, which names the first that is none */
export function requireNumbers(name: string, values: unknown): void {
  if (!ArrayBuffer.isView(values)) requireArray(name, values);
  const list = values as ArrayLike<unknown>;
  for (let index = 0; index < list.length; index++) {
    if (Number.isFinite(list[index])) continue;
    throw new HpdError("invalid_argument", `${name}[${index}] should be a finite number, got ${kindOf(list[index])}`);
  }
}

/** @throws HpdError `invalid_argument` */
export function requirePositiveInteger(name: string, value: unknown): void {
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return;
  throw new HpdError("invalid_argument", `${name} should be a positive integer, got ${describe(value)}`);
}

/** @throws HpdError `invalid_argument` */
export function requireNonNegativeInteger(name: string, value: unknown): void {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return;
  throw new HpdError("invalid_argument", `${name} should be a non-negative integer, got ${describe(value)}`);
}

/** @throws HpdError `invalid_argument` */
export function requirePositive(name: string, value: unknown): void {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return;
  throw new HpdError("invalid_argument", `${name} should be a positive number, got ${describe(value)}`);
}

/** Checks a number from 0 to less than 1, such as a dropout ratio. @throws HpdError `invalid_argument` */
export function requireFraction(name: string, value: unknown): void {
  if (typeof value === "number" && value >= 0 && value < 1) return;
  throw new HpdError("invalid_argument", `${name} should be from 0 to less than 1, got ${describe(value)}`);
}

/** @throws HpdError `invalid_argument` */
export function requireNonNegative(name: string, value: unknown): void {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return;
  throw new HpdError("invalid_argument", `${name} should be a non-negative number, got ${describe(value)}`);
}

/** Seconds of the longest time limit, 23 days: a timer that should wait longer than 2^31 milliseconds doesn't wait at all. */
export const maxSeconds = 2_000_000;

/** Checks the milliseconds of a time limit. @throws HpdError `invalid_argument` */
export function requireMilliseconds(name: string, value: unknown): void {
  const most = 1000 * maxSeconds;
  if (typeof value === "number" && value >= 0 && value <= most) return;
  throw new HpdError("invalid_argument", `${name} should be from 0 to ${most} milliseconds, got ${describe(value)}`);
}

/** @throws HpdError `invalid_argument` */
export function requireOneOf(name: string, value: unknown, choices: readonly string[]): void {
  if (choices.some((choice) => choice === value)) return;
  throw new HpdError("invalid_argument", `${name} should be one of ${choices.join(", ")}, got ${describe(value)}`);
}

/** Checks an option that may be left out. @throws HpdError as `requireOneOf` */
export function requireOptionalOneOf(name: string, value: unknown, choices: readonly string[]): void {
  if (value !== undefined) requireOneOf(name, value, choices);
}
