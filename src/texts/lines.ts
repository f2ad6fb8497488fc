/** The lines of a text. A line ends in LF or CRLF; the last one need not. */

export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  // The beginnings of a line that is not at its end yet: joined once, since a line may be many pieces long.
  let started: string[] = [];
  for await (const piece of pieces) {
    const [first, ...rest] = piece.split("\n") as [string, ...string[]];
    started.push(first);
    for (const next of rest) {
      yield withoutReturn(started.join(""));
      started = [next];
    }
  }
  const last = started.join("");
  if (last !== "") yield withoutReturn(last);
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
