/**
 * All that commands print passes through here: texts, file names, model names and answers of servers give no orders to the
 * terminal, and passwords don't show. Data for other programs stays as it is, but where standard output is a terminal.
 */
import { styleText } from "node:util";
import { printable, printableLine } from "../common/printable.ts";
import { redactPasswords } from "../common/redact.ts";

/** Text in bold or a colour, where standard output is a terminal and NO_COLOR isn't set. */
export class Styled {
  readonly shown: string;

  constructor(format: "bold" | "dim" | "yellow", text: string) {
    this.shown = styleText(format, printable(text), { stream: process.stdout });
  }
}

/** Text for people, on standard output. */
export function print(...parts: readonly (string | Styled)[]): void {
  process.stdout.write(parts.map((part) => (part instanceof Styled ? part.shown : printable(part))).join(""));
}

/** Data for programs, on standard output. @returns false where the next should wait for its "drain" */
export function printData(text: string): boolean {
  return process.stdout.write(process.stdout.isTTY === true ? printable(text) : text);
}

/** One line of JSON for programs, on standard output. With escapes it is the same JSON. */
export function printJson(value: unknown): void {
  printData(`${JSON.stringify(value)}\n`);
}

/** Lines about the work, on standard error. */
export function note(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

/** One line of JSON for programs, on standard error. With escapes it is the same JSON. */
export function noteJson(value: unknown): void {
  process.stderr.write(`${JSON.stringify(value)}\n`);
}

/** An error or a warning: what follows its first line is indented, so that no name in it looks like another message. */
export function say(message: string): void {
  note(`hpd: ${redactPasswords(message).replaceAll("\n", "\n  ")}`);
}

/** An error for programs, on standard error. */
export function sayJson(error: { readonly code: string; readonly message: string }): void {
  noteJson({ error: { ...error, message: redactPasswords(error.message) } });
}

/** Puts `text`, cut where the line would be too long, in the place of the line that the cursor is on. */
export function showStatus(text: string): void {
  const columns = process.stderr.columns ?? 80;
  process.stderr.write(`\r\u001b[K${[...printableLine(text).slice(0, 4 * columns)].slice(0, columns - 1).join("")}`);
}

export function clearStatus(): void {
  process.stderr.write("\r\u001b[K");
}
