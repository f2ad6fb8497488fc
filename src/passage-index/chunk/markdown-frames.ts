/** The frames of Markdown: fenced code and tables. */
import { type Block, type Frame, piecesOfLine, type Section } from "./block.ts";

/** Maximum UTF-16 code units of an opening fence or table header that is repeated. */
const longestRepeated = 200;

export class OpenFence {
  readonly frame: { -readonly [Key in keyof Frame]: Frame[Key] };
  readonly #fence: string;
  isClosed = false;

  /** @param fence the backticks or tildes that opened it */
  constructor(fence: string, line: string, number: number) {
    this.#fence = fence;
    const indent = line.slice(0, line.indexOf(fence));
    const isRepeated = line.length <= longestRepeated;
    const [before, after] = isRepeated ? [line.trim(), indent.trim() + fence] : ["", ""];
    this.frame = { firstLine: number, lastLine: undefined, before, after };
  }

  *read(line: string, number: number, section: Section): Generator<Block, void, undefined> {
    const trimmed = line.trim();
    const isFence = trimmed.length >= this.#fence.length && trimmed === this.#fence[0]!.repeat(trimmed.length);
    if (isFence) this.end(number);
    yield* blocksOfLine(line, number, section, this.frame);
  }

  end(lastLine: number): void {
    this.frame.lastLine = lastLine;
    this.isClosed = true;
  }
}

/** A table: rows that begin with a bar. */
export class OpenTable {
  readonly frame: { -readonly [Key in keyof Frame]: Frame[Key] };
  #header: string | undefined;
  #rows = 0;

  constructor(number: number) {
    this.frame = { firstLine: number, lastLine: undefined, before: "", after: "" };
  }

  read(line: string): void {
    this.#rows++;
    if (this.#rows === 1) this.#header = line.trim();
    if (this.#rows !== 2) return;
    const delimiters = line.trim();
    const header = `${this.#header}\n${delimiters}`;
    const isHeader = /^[|\s:-]+$/.test(delimiters) && delimiters.includes("-");
    if (isHeader && header.length <= longestRepeated) this.frame.before = header;
  }

  end(lastLine: number): void {
    this.frame.lastLine = lastLine;
  }
}

/** The blocks of a line: none for a blank one, several for a very long one. */
export function* blocksOfLine(
  line: string,
  number: number,
  section: Section,
  frame: Frame,
): Generator<Block, void, undefined> {
  if (line.trim() === "") return;
  for (const text of piecesOfLine(line)) {
    yield { kind: "lines", text, firstLine: number, lastLine: number, section, frame };
  }
}
