import { printable } from "../common/printable.ts";

/** Prints a warning: the default of `onWarning`. */
export function printWarning(message: string): void {
  // biome-ignore lint/suspicious/noConsole: the documented default
  console.warn(printable(`hpd: ${message}`));
}
