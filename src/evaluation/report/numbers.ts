/** Numbers as the reports write them. */

/** `81.25`: a fraction times 100. */
export function percent(fraction: number, digits = 2): string {
  return (100 * fraction).toFixed(digits);
}

/** `+0.42`: a difference of fractions times 100. */
export function signed(fraction: number): string {
  return `${fraction < 0 ? "-" : "+"}${percent(Math.abs(fraction))}`;
}
