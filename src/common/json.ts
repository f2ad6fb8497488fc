/** JSON of untrusted origin: parsed with a bound on its nesting, so that code that walks it may recurse. */
import { HpdError } from "../errors.ts";

export type JsonObject = { readonly [key: string]: unknown };

/** The nesting that Rust's serde_json, and with it the reader of every tokenizer.json, allows. */
export const maxNesting = 128;

/** @throws HpdError `corrupt_file` naming the file, for text that is not JSON or is nested more than 128 deep. */
export function parseJson(text: string, file: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const { message } = cause as Error;
    throw new HpdError("corrupt_file", `${file} should be JSON: ${message}; get the file again`, { cause });
  }
  if (nestingOf(text) > maxNesting) {
    throw new HpdError("corrupt_file", `${file}: its JSON is nested more than ${maxNesting} deep`);
  }
  return value;
}

/** @throws HpdError `corrupt_file` as `parseJson`, and where the text holds another JSON value than an object. */
export function parseJsonObject(text: string, file: string): JsonObject {
  const value = parseJson(text, file);
  if (isObject(value)) return value;
  throw new HpdError("corrupt_file", `${file} should hold a JSON object, got ${describe(value)}`);
}

/** Whether a value is an object as JSON has them: neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as error messages show it: as JSON where possible, at most 60 characters. */
export function describe(value: unknown): string {
  const text = jsonOf(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function jsonOf(value: unknown): string {
  if (typeof value === "number") return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // A bigint, an object that holds itself, one that is nested too deep for the stack.
    return typeof value === "bigint" ? `${value}n` : Array.isArray(value) ? "an array" : "an object";
  }
}

/** The deepest nesting of arrays and objects in a JSON text, in one pass and without recursion. */
export function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (inString) {
      if (unit === backslash) at++;
      else if (unit === quote) inString = false;
    } else if (unit === quote) inString = true;
    else if (unit === openBracket || unit === openBrace) deepest = Math.max(deepest, ++depth);
    else if (unit === closeBracket || unit === closeBrace) depth--;
  }
  return deepest;
}

const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
