/** Beginnings of texts, in whole characters, never half of an emoji. */

/** The beginning of a text. @param length maximum, in UTF-16 units */
export function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, "");
}

/** A text on one line, for lists and names. @param length maximum, in UTF-16 units */
export function shortened(text: string, length: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line === "") return "(empty)";
  return line.length > length ? `${cut(line, length - 1)}…` : line;
}
