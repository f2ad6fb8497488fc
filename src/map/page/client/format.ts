/** The layout of the page, and numbers as texts. */

/** Whether the style sheet lays the page out for a phone. */
export function isNarrow(): boolean {
  return innerWidth < 720;
}

/** A count as `12,345`. */
export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

export function counted(count: number, one: string, many: string): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** A share as `12 %` or `0.4 %`. */
export function percent(part: number): string {
  const value = 100 * part;
  return `${value > 0 && value < 1 ? value.toFixed(1) : Math.round(value)} %`;
}
