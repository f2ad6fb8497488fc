/**
 * Text from files, models and servers, made safe for a terminal or a log: what would give orders (escape sequences,
 * carriage returns, bells, overrides of the direction of writing) is written as an escape, as in JSON: `\u001b`.
 * Nothing is dropped, so that two different names never look the same.
 */

/**
 * C0 and C1 control characters but tab and line feed, DEL, line and paragraph separators, and the embeddings, overrides
 * and isolates of bidirectional text. The marks U+200E, U+200F and U+061C stay: right-to-left texts need them, and they
 * move nothing but themselves.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const breaks = /[\t\n]/g;

/** The text with its lines and tabs; a line end of Windows is one of Unix. */
export function printable(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(unsafe, escaped);
}

/** The text on one line: for names and values that stand inside a line, which they can't end. */
export function printableLine(text: string): string {
  return text.replace(unsafe, escaped).replace(breaks, (character) => (character === "\t" ? "\\t" : "\\n"));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
