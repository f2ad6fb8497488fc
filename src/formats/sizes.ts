/** Values from a file that are to be sizes, offsets or strides: whole numbers from 0 up that JavaScript holds exactly. */

export function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isSize);
}
