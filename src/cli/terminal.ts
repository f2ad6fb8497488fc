/**
 * The only module that writes to streams. Control characters in texts, file names, model names and answers of servers are
 * escaped, and passwords are redacted. Data for programs stays unchanged unless standard output is a terminal.
 */
import { styleText } from "node:util";
import { printable, printableLine } from "../common/printable.ts";
import { redactPasswords } from "../common/redact.ts";

/** Text in bold or a colour, if standard output is a terminal and NO_COLOR isn't set. */
export class Styled {
  readonly shown: string;

  constructor(format: "bold" | "dim" | "yellow", text: string) {
    this.shown = styleText(format, printable(text), { stream: process.stdout });
  }
}

/** Prints text for people on standard output. */
export function print(...parts: readonly (string | Styled)[]): void {
  process.stdout.write(parts.map((part) => (part instanceof Styled ? part.shown : printable(part))).join(""));
}

/** Prints data for programs on standard output. @returns false if the caller should wait for "drain" */
export function printData(text: string): boolean {
  return process.stdout.write(process.stdout.isTTY === true ? printable(text) : text);
}

/** Prints a line of JSON on standard output. Escaped control characters don't change its meaning. */
export function printJson(value: unknown): void {
  printData(`${JSON.stringify(value)}\n`);
}

/** Prints lines about the work on standard error. */
export function note(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

/** Prints a line of JSON on standard error. */
export function noteJson(value: unknown): void {
  process.stderr.write(`${JSON.stringify(value)}\n`);
}

/** Prints an error or a warning. Further lines are indented, so that no name in it looks like another message. */
export function say(message: string): void {
  note(`hpd: ${redactPasswords(message).replaceAll("\n", "\n  ")}`);
}

/** Prints an error as JSON on standard error. */
export function sayJson(error: { readonly code: string; readonly message: string }): void {
  noteJson({ error: { ...error, message: redactPasswords(error.message) } });
}

/** Replaces the cursor's line by `text`, cut to the width of the terminal. */
export function showStatus(text: string): void {
  const columns = process.stderr.columns ?? 80;
  process.stderr.write(`\r\u001b[K${[...printableLine(text).slice(0, 4 * columns)].slice(0, columns - 1).join("")}`);
}

export function clearStatus(): void {
  process.stderr.write("\r\u001b[K");
}
