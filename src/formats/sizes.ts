/** Values from a file that are to be sizes, offsets or strides: non-negative integers that JavaScript holds exactly. */

export function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isSize);
}
