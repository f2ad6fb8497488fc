/** Numbers from a file that are to be sizes, offsets or strides. */

/** Whether these are all whole numbers from 0 up that JavaScript holds exactly. */
export function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
