/** Numbers as the reports write them. */

/** A fraction x 100. */
export function percent(fraction: number, digits = 2): string {
  return (100 * fraction).toFixed(digits);
}

/** A difference of fractions x 100. */
export function signed(fraction: number): string {
  return `${fraction < 0 ? "-" : "+"}${percent(Math.abs(fraction))}`;
}

/** `1,234`, to the nearest integer. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
