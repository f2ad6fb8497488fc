/** JSON values that are rows. */
import { describe, isObject, maxNesting, nestingOf } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { withExactIntegers } from "./exact-integers.ts";
import type { BadRow } from "./row.ts";
import type { Row } from "./source.ts";

/** The ways in which rows of JSON are read. */
export interface JsonOptions {
  /** Default: `parseValue`. */
  readonly parse?: typeof parseValue;
  readonly onBadRow?: BadRow | undefined;
}

/**
 * @param value what `parseValue` gives
 * @returns what is wrong where it is no object: `corrupt_file`, or `invalid_argument` for another JSON value
 */
export function asObject(value: unknown, place: string): Row["values"] | HpdError {
  if (value instanceof HpdError || isObject(value)) return value;
  return new HpdError("invalid_argument", `${place}: should be an object with named fields, got ${describe(value)}`);
}

/** @returns what is wrong where it is no JSON */
export function parseValue(text: string, place: string): unknown {
  // First: a million arrays in each other take some hundred megabytes.
  if (nestingOf(text) > maxNesting) {
    return new HpdError("corrupt_file", `${place}: its JSON is nested more than ${maxNesting} deep`);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    return new HpdError("corrupt_file", `${place}: not JSON: ${(cause as Error).message}`, { cause });
  }
}

/** The value as by `parseValue`, with bigints for the integers that a number doesn't hold. */
export function parseExactly(text: string, place: string): unknown {
  const value = parseValue(text, place);
  return value instanceof HpdError ? value : withExactIntegers(value, text);
}
