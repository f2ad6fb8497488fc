/** What a passage is embedded with, so that it says where it stands: the title of its file and the headings above it. */
import type { Section } from "./block.ts";
import type { TokenLimit } from "./units.ts";

/** The share of the room in a passage that a context may take. */
const mostOfRoom = 0.25;

/** UTF-16 code units of a context: more is not even counted, section by section. */
const longest = 300;

/** @returns the text, with its line end, and its tokens; what is outermost is left out where all would be too much */
export function contextOf(section: Section, { count, most, overhead }: TokenLimit): { text: string; tokens: number } {
  let titles = section.context ?? [];
  while (titles.length > 0) {
    const text = `${titles.join(" > ")}\n`;
    const tokens = text.length > longest ? Number.POSITIVE_INFINITY : count(text) - overhead;
    if (tokens <= mostOfRoom * (most - overhead)) return { text, tokens };
    titles = titles.slice(1);
  }
  return { text: "", tokens: 0 };
}
