/** The beginnings of texts, in whole characters: half of an emoji would be shown as one that is missing. */

/** @param length in UTF-16 units, at most */
export function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, "");
}

/** On one line, as long as a list or a name shows it. */
export function shortened(text: string, length: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line === "") return "(empty)";
  return line.length > length ? `${cut(line, length - 1)}…` : line;
}
