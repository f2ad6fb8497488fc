/** Texts of passages on the page. */
import { element } from "../../../report/client/elements.ts";

/** The text in parts, with the words that begin with a word of the query in `<mark>`. */
export function highlighted(text: string, query: string): (Node | string)[] {
  const words = [...new Set(query.match(/[\p{L}\p{N}]{2,}/gu))].slice(0, 100);
  if (words.length === 0) return [text];
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])((?:${words.join("|")})[\\p{L}\\p{N}]*)`, "giu");
  // Every second part is a match.
  return text.split(pattern).map((part, at) => (at % 2 === 1 ? element("mark", {}, part) : part));
}
