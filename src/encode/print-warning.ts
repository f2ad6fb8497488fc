import { printable } from "../common/printable.ts";

/** Prints a warning of loading, which is the default where the caller takes none. */
export function printWarning(message: string): void {
  // biome-ignore lint/suspicious/noConsole: the documented default
  console.warn(printable(`hpd: ${message}`));
}
