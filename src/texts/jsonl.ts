/** One field of each JSON object, one object a line. Lines with nothing on them are passed over. */
import { HpdError } from "../errors.ts";

export async function* fieldOfJsonl(
  lines: AsyncIterable<string>,
  field: string,
  name: string,
): AsyncGenerator<string, void, undefined> {
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() !== "") yield textOf(parse(line, name, number), field, `${name}, line ${number}`);
  }
}

function parse(line: string, name: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new HpdError("corrupt_file", `${name}, line ${number}: not JSON: ${(cause as Error).message}`, { cause });
  }
}

/** @param place for the message. @throws HpdError `invalid_argument` where the row has no such text. */
export function textOf(row: unknown, field: string, place: string): string {
  const isObject = typeof row === "object" && row !== null && !Array.isArray(row);
  if (!isObject) throw new HpdError("invalid_argument", `${place}: should be an object with the field ${field}`);
  const value = (row as Record<string, unknown>)[field];
  if (typeof value === "string") return value;
  const problem =
    value === undefined
      ? `has no field ${JSON.stringify(field)}, only ${Object.keys(row).join(", ")}; name one with --field`
      : `the field ${JSON.stringify(field)} should be a string, got ${typeof value === "bigint" ? value : JSON.stringify(value)?.slice(0, 60)}`;
  throw new HpdError("invalid_argument", `${place}: ${problem}`);
}
