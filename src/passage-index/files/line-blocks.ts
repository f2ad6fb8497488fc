/** The blocks of a text of which every line is a passage. */
import { type Block, piecesOfLine } from "../chunk/block.ts";

export async function* blocksOfLines(lines: AsyncIterable<string>): AsyncGenerator<Block, void, undefined> {
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() === "") continue;
    const section = { metadata: {} };
    for (const text of piecesOfLine(line)) {
      yield { kind: "lines", text, firstLine: number, lastLine: number, section };
    }
  }
}
