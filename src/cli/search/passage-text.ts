/** The text of a passage that `hpd search` found. */
import { firstFew } from "../../common/first-few.ts";
import { printable, printableLine } from "../../common/printable.ts";
import type { PassageHit } from "../../passage-index/index.ts";
import { shortPath } from "../short-path.ts";
import { Styled } from "../terminal.ts";

/** Maximum number of copies that are listed. */
const mostCopies = 3;

/** A passage as text: score, file and line, headings, text with the words of the query highlighted. */
export function passageText(hit: PassageHit, query: string): (string | Styled)[] {
  const { score, searchScore, path, firstLine, text, metadata, copies } = hit;
  const { heading } = metadata;
  const also = copies.map((copy) => `${shortPath(copy.path)}:${copy.firstLine}`);
  const body = printable(text).replace(/\n(?=.)/g, "\n        ");
  return [
    `${searchScore === undefined ? "" : "reranked "}${score.toFixed(4)}  `,
    new Styled("bold", printableLine(`${shortPath(path)}:${firstLine}`)),
    ...(typeof heading === "string" ? ["  ", new Styled("dim", printableLine(heading))] : []),
    "\n        ",
    ...highlighted(body, query),
    "\n",
    ...(also.length > 0
      ? [new Styled("dim", printableLine(`        also in ${firstFew(also, mostCopies)}`)), "\n"]
      : []),
  ];
}

/** Maximum number of words of a query that are highlighted. */
const mostHighlighted = 100;

/** The text in parts, with words highlighted that begin with a word of the query. */
function highlighted(text: string, query: string): (string | Styled)[] {
  const words = [...new Set(query.match(/[\p{L}\p{N}]{2,}/gu))].slice(0, mostHighlighted);
  if (words.length === 0) return [text];
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])((?:${words.join("|")})[\\p{L}\\p{N}]*)`, "giu");
  // Every second part is a match.
  return text.split(pattern).map((part, index) => (index % 2 === 1 ? new Styled("yellow", part) : part));
}
