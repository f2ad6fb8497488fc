/**
 * Reads a stream in windows of many texts, which are worth sorting by length, and works on the next window while the
 * results of one are taken.
 */
import { HpdError } from "../errors.ts";
import { requireText } from "./check-arguments.ts";

/** Texts of a window; fewer where they are long. */
const mostTexts = 4096;
const mostCharacters = 4 * 1024 * 1024;

/**
 * The results of `work` on each window, in order. At most two windows are in memory. An error of `texts` comes at once,
 * before the results that are still under way.
 *
 * @throws HpdError `invalid_argument` where `texts` is no iterable of strings.
 */
export async function* streamWindows<T>(
  texts: AsyncIterable<string> | Iterable<string>,
  work: (window: string[]) => Promise<T>,
): AsyncGenerator<T, void, undefined> {
  let pending: Promise<T> | undefined;
  for await (const window of windowsOf(texts)) {
    const next = work(window);
    // Its failure is met when it is awaited, not while the window before is still being taken.
    next.catch(() => {});
    if (pending !== undefined) yield await pending;
    pending = next;
  }
  if (pending !== undefined) yield await pending;
}

async function* windowsOf(texts: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string[], void, undefined> {
  // A string is an iterable of its characters, which nobody means.
  if (typeof texts !== "object" || texts === null || !(Symbol.asyncIterator in texts || Symbol.iterator in texts)) {
    throw new HpdError("invalid_argument", `sentences should be an iterable of strings, got ${typeof texts}`);
  }
  let window: string[] = [];
  let characters = 0;
  let index = 0;
  for await (const text of texts) {
    requireText(text, index++);
    window.push(text);
    characters += text.length;
    if (window.length < mostTexts && characters < mostCharacters) continue;
    yield window;
    window = [];
    characters = 0;
  }
  if (window.length > 0) yield window;
}
