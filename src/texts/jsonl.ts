/** JSON objects, one a line. Lines with nothing on them are passed over. */
import { asObject, type JsonOptions, parseValue } from "./parse-object.ts";
import { isRead } from "./row.ts";
import type { Row } from "./source.ts";

/** @throws HpdError for a line that is no such object, unless there is an `onBadRow` */
export async function* rowsOfJsonl(
  lines: AsyncIterable<string>,
  name: string,
  { parse = parseValue, onBadRow }: JsonOptions = {},
): AsyncGenerator<Row, void, undefined> {
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() === "") continue;
    const place = `${name}, line ${number}`;
    const values = asObject(parse(line, place), place);
    if (isRead(values, onBadRow)) yield { values, place, firstLine: number, number, raw: line };
  }
}
