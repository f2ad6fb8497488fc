/** One JSON object that is a row. */
import { describe, isObject, maxNesting, nestingOf } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { Row } from "./source.ts";

/** @returns what is wrong where it is no object: `corrupt_file`, or `invalid_argument` for another JSON value */
export function parseObject(text: string, place: string): Row["values"] | HpdError {
  const value = parseValue(text, place);
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
