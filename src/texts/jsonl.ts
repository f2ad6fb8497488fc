/** JSON objects, one a line. Lines with nothing on them are passed over. */
import { HpdError } from "../errors.ts";
import type { Row } from "./source.ts";

export async function* rowsOfJsonl(lines: AsyncIterable<string>, name: string): AsyncGenerator<Row, void, undefined> {
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() === "") continue;
    const place = `${name}, line ${number}`;
    yield { values: parse(line, place), place, number, raw: line };
  }
}

function parse(line: string, place: string): Row["values"] {
  let values: unknown;
  try {
    values = JSON.parse(line);
  } catch (cause) {
    throw new HpdError("corrupt_file", `${place}: not JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof values === "object" && values !== null && !Array.isArray(values)) {
    return values as Record<string, unknown>;
  }
  throw new HpdError("invalid_argument", `${place}: should be an object with named fields`);
}
