/** Where values stand on an axis, and which ones are written beside it. */

export interface Scale {
  readonly ticks: readonly number[];
  /** From 0 at the low end to 1 at the high one. */
  place(value: number): number;
}

/** Between round numbers. What is all but constant is not blown up. */
export function linearScale(low: number, high: number): Scale {
  const step = niceStep(Math.max(high - low, Math.abs(high) / 1000) || 1);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(Math.ceil(high / step - 1e-9), first + 1);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  return { ticks, place: (value) => (value - first * step) / ((last - first) * step) };
}

/** Equal factors are equal lengths. @param low above 0 */
export function logarithmicScale(low: number, high: number): Scale {
  // At least a factor of 1.5, so that what hardly changes looks so.
  const bottom = Math.min(low / 1.03, high / 1.5);
  const top = high * 1.03;
  const ticks = top / bottom < 12 ? linearScale(bottom, top).ticks : decades(bottom, top);
  const length = Math.log(top / bottom);
  return {
    ticks: ticks.filter((tick) => tick >= bottom && tick <= top),
    place: (value) => Math.log(value / bottom) / length,
  };
}

/** From 0 to the end itself, whatever number that is. */
export function countScale(end: number): Scale {
  const step = Math.max(1, niceStep(end));
  const ticks = Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
  return { ticks, place: (value) => value / end };
}

/** 1, 2 and 5 times the powers of ten, or the powers alone where those are many. */
function decades(low: number, high: number): number[] {
  const factors = high / low > 1000 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const factor of factors) ticks.push(factor * 10 ** power);
  }
  return ticks;
}

/** A round number, at least a fifth of the length. */
function niceStep(length: number): number {
  const power = 10 ** Math.floor(Math.log10(length / 5));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= (length / 5) * 0.999)!;
}
