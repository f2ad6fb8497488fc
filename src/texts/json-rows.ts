/** The rows of a JSON file: objects, or strings, which are rows of one field. */
import { describe, isObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { JsonSplitter, type JsonText } from "./json-values.ts";
import { type JsonOptions, parseValue } from "./parse-object.ts";
import { isRead } from "./row.ts";
import type { Row } from "./source.ts";

/**
 * @param columns the requested columns; a string is the value of the only one
 * @throws HpdError for a value that is no row, unless there is an `onBadRow`; for what is no JSON
 */
export async function* rowsOfJson(
  pieces: AsyncIterable<string>,
  name: string,
  columns: readonly string[],
  { parse = parseValue, onBadRow }: JsonOptions = {},
): AsyncGenerator<Row, void, undefined> {
  let item = 0;
  for await (const json of jsonTextsOf(pieces, name)) {
    const place = `${name}, item ${++item} (line ${json.firstLine})`;
    const row = rowOf(json, parse(json.text, place), place, columns);
    if (isRead(row, onBadRow)) yield row;
  }
}

async function* jsonTextsOf(pieces: AsyncIterable<string>, name: string): AsyncGenerator<JsonText, void, undefined> {
  const splitter = new JsonSplitter(name);
  for await (const piece of pieces) yield* splitter.read(piece);
  yield* splitter.end();
}

function rowOf(
  { firstLine, lastLine }: JsonText,
  value: unknown,
  place: string,
  columns: readonly string[],
): Row | HpdError {
  if (value instanceof HpdError) return value;
  const [column, ...others] = columns;
  const isText = typeof value === "string" && column !== undefined && others.length === 0;
  const values = isText ? { [column]: value } : value;
  if (isObject(values)) return { values, place, firstLine, number: lastLine };
  const fields = columns.length === 0 ? "" : ` ${columns.join(", ")}`;
  const expected = columns.length === 1 ? "a string, or an object with the field" : "an object with the fields";
  return new HpdError("invalid_argument", `${place}: should be ${expected}${fields}, got ${describe(value)}`);
}
