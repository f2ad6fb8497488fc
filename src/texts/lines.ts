/** The lines of a text. The last one need not have an end. */

/** A line ends in LF or CRLF. A CR alone is a character of it: programs that show progress write such. */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  // The beginnings of a line that is not at its end yet: joined once, since a line may be many pieces long.
  let started: string[] = [];
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf("\n"); end >= 0; end = piece.indexOf("\n", start)) {
      started.push(piece.slice(start, end));
      yield withoutReturn(started.join(""));
      started = [];
      start = end + 1;
    }
    started.push(piece.slice(start));
  }
  const last = started.join("");
  if (last !== "") yield withoutReturn(last);
}

/** The lines of `linesOf`, but a CR alone ends one, too, as in Python's text files and in tables. */
export async function* linesOfAnyEnd(pieces: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  for await (const line of linesOf(pieces)) {
    if (line.includes("\r")) yield* line.split("\r");
    else yield line;
  }
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
