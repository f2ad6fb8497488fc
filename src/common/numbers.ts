/** Numbers as text for people. */

/** An integer with thousands separators, rounded: `1,234`. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Bytes in megabytes (10^6), with one decimal: `12.3`. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
