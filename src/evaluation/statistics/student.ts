/**
 * The value that a variable of Student's t distribution exceeds in 2.5 % of cases, so that 95 % lie between it and its
 * negative. Source: Fisher's expansion, Abramowitz and Stegun 26.7.5: off by 0.032 at 2 degrees of freedom, 0.001 at 4,
 * less above.
 *
 * @param degreesOfFreedom whole or not; infinity gives the normal distribution's 1.96
 */
export function studentQuantile(degreesOfFreedom: number): number {
  const z = 1.959963984540054;
  const coefficients = [
    z,
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160,
  ];
  return coefficients.reduceRight((sum, coefficient) => coefficient + sum / degreesOfFreedom, 0);
}
