/** The headings above a text, which become the metadata and the context of its section. */
import type { Metadata } from "../store.ts";
import type { Section } from "./block.ts";

/** Maximum UTF-16 code units of a heading, which every passage below has. Longer ones are texts without line ends. */
const longestHeading = 200;

export class Headings {
  /** Metadata of the whole file, whose `title` is above all headings. */
  readonly #metadata: Metadata;
  /** The current heading of each level, by level - 1. */
  #headings: (string | undefined)[] = [];

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  /** The section below a heading. @param level from 1 */
  open(level: number, heading: string): Section {
    this.#headings.length = level - 1;
    this.#headings[level - 1] = shortened(heading);
    return this.section();
  }

  /** A section below the current headings. */
  section(): Section {
    const headings = this.#headings.filter((title): title is string => (title ?? "") !== "");
    const { title } = this.#metadata;
    const isTitled = typeof title === "string" && title.trim() !== "" && headings[0] !== title;
    const context = isTitled ? [shortened(title.replace(/\s+/g, " ").trim()), ...headings] : headings;
    const heading = headings.join(" > ");
    return {
      metadata: heading === "" ? this.#metadata : { ...this.#metadata, heading },
      ...(context.length > 0 && { context }),
    };
  }
}

function shortened(heading: string): string {
  if (heading.length <= longestHeading) return heading;
  return `${heading.slice(0, longestHeading).replace(/\s+\S*$/u, "")} ...`;
}
