/** Numbers and durations as text. */

/** Made when it is needed: that takes 20 ms. */
let inEnglish: Intl.NumberFormat | undefined;

/** A number with three significant digits, without trailing zeros. */
export function significant(value: number): string {
  const digits = Number(value.toPrecision(3));
  if (digits === 0) return "0";
  if (Math.abs(digits) < 1e-4) return digits.toExponential();
  inEnglish ??= new Intl.NumberFormat("en-US", { maximumFractionDigits: 8 });
  return inEnglish.format(digits);
}

/** A duration in two units: `1 h 5 min`, `2 min 7 s`, `12 s`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}
