/** Texts that a caller gives one after the other, each checked when it comes. */
import { HpdError } from "../errors.ts";
import { requireIterable } from "./arguments.ts";
import { untilAborted } from "./until-aborted.ts";

/**
 * The same texts.
 *
 * @param name what they are called, for messages
 * @throws HpdError `invalid_argument` for what is no iterable, and for an item that is no text; the signal's reason when it aborts
 */
export async function* checkedTexts(
  name: string,
  texts: Iterable<string> | AsyncIterable<string>,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, undefined> {
  requireIterable(name, texts, "strings");
  for await (const text of untilAborted(texts, signal)) {
    if (typeof text !== "string") {
      throw new HpdError("invalid_argument", `${name} should be texts, got ${text === null ? "null" : typeof text}`);
    }
    yield text;
  }
}
