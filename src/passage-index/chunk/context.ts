/** The context of a passage for its embedding: the title of its file and the headings above it. */
import type { Section } from "./block.ts";
import type { TokenLimit } from "./units.ts";

/** Maximum share of a passage's tokens that a context takes. */
const largestShare = 0.25;

/** Maximum UTF-16 code units of a context; the tokens of longer ones aren't counted. */
const longest = 300;

/** @returns the text, with its line end, and its tokens; the outermost headings are left out if it would be too long */
export function contextOf(section: Section, { count, most, overhead }: TokenLimit): { text: string; tokens: number } {
  let titles = section.context ?? [];
  while (titles.length > 0) {
    const text = `${titles.join(" > ")}\n`;
    const tokens = text.length > longest ? Number.POSITIVE_INFINITY : count(text) - overhead;
    if (tokens <= largestShare * (most - overhead)) return { text, tokens };
    titles = titles.slice(1);
  }
  return { text: "", tokens: 0 };
}
