/** Scales of axes: positions of values, and ticks. */

export interface Scale {
  readonly ticks: readonly number[];
  /** The position of a value, from 0 at the low end to 1 at the high one. */
  position(value: number): number;
}

/** A linear scale between round numbers. Nearly constant values are not magnified. */
export function linearScale(low: number, high: number): Scale {
  const step = niceStep(Math.max(high - low, Math.abs(high) / 1000) || 1);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(Math.ceil(high / step - 1e-9), first + 1);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  return { ticks, position: (value) => (value - first * step) / ((last - first) * step) };
}

/** A logarithmic scale. @param low above 0 */
export function logarithmicScale(low: number, high: number): Scale {
  // At least a factor of 1.5, so that small changes look small.
  const bottom = Math.min(low / 1.03, high / 1.5);
  const top = high * 1.03;
  const ticks = top / bottom < 12 ? linearScale(bottom, top).ticks : decades(bottom, top);
  const length = Math.log(top / bottom);
  return {
    ticks: ticks.filter((tick) => tick >= bottom && tick <= top),
    position: (value) => Math.log(value / bottom) / length,
  };
}

/** A linear scale from 0 to exactly `end`, with round ticks. */
export function countScale(end: number): Scale {
  const step = Math.max(1, niceStep(end));
  const ticks = Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
  return { ticks, position: (value) => value / end };
}

/** Ticks at 1, 2 and 5 times the powers of ten, or at the powers alone if there are many. */
function decades(low: number, high: number): number[] {
  const factors = high / low > 1000 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const factor of factors) ticks.push(factor * 10 ** power);
  }
  return ticks;
}

/** Round numbers inside the range, at most six. */
export function ticksWithin(low: number, high: number): number[] {
  const step = niceStep(high - low || 5);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, index) => (first + index) * step);
}

/** A round number, at least a fifth of the length. */
function niceStep(length: number): number {
  const power = 10 ** Math.floor(Math.log10(length / 5));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= (length / 5) * 0.999)!;
}
