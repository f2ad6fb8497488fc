/** The blocks of plain text: paragraphs divided by blank lines. All of it is one section. */
import { type Block, longestBlock, piecesOfLine, type Section } from "./block.ts";

/** @param lines without their line ends */
export async function* blocksOfText(
  lines: AsyncIterable<string> | Iterable<string>,
  section: Section,
): AsyncGenerator<Block, void, undefined> {
  const paragraph = new Paragraph(section);
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() === "") yield* paragraph.end();
    else yield* paragraph.add(line, number);
  }
  yield* paragraph.end();
}

/** Gathers lines into a block of prose. */
export class Paragraph {
  section: Section;
  readonly #lines: string[] = [];
  #firstLine = 0;
  #size = 0;

  constructor(section: Section) {
    this.section = section;
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  get topLine(): string | undefined {
    return this.#lines[0];
  }

  get text(): string {
    return this.#lines.join("\n");
  }

  /** Adds a line. @returns blocks, if the line or the paragraph with it is too long for one */
  *add(line: string, number: number): Generator<Block, void, undefined> {
    if (this.#size + line.length > longestBlock) yield* this.end();
    if (line.length > longestBlock) {
      for (const text of piecesOfLine(line)) yield this.#block("prose", text, number, number);
      return;
    }
    if (this.isEmpty) this.#firstLine = number;
    this.#lines.push(line);
    this.#size += line.length + 1;
  }

  *end(kind: "prose" | "heading" = "prose"): Generator<Block, void, undefined> {
    if (this.isEmpty) return;
    yield this.#block(kind, this.text, this.#firstLine, this.#firstLine + this.#lines.length - 1);
    this.#lines.length = 0;
    this.#size = 0;
  }

  #block(kind: Block["kind"], text: string, firstLine: number, lastLine: number): Block {
    return { kind, text, firstLine, lastLine, section: this.section };
  }
}
