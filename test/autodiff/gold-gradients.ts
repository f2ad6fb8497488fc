/** Gradients as gold files hold them: see tools/gold/family-gradients.py. */

/** The numbers of float32 in base64. */
export function floats(base64: string): Float32Array {
  const bytes = Buffer.from(base64, "base64");
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** The sums of many numbers, with the signs of each mask. */
export function sumsOf(values: Float32Array, masks: readonly number[]): number[] {
  return masks.map((mask) =>
    values.reduce((sum, value, index) => (isOdd(index & mask) ? sum - value : sum + value), 0),
  );
}

/** Whether an odd number of bits is set. */
function isOdd(bits: number): boolean {
  let odd = false;
  for (let rest = bits; rest !== 0; rest &= rest - 1) odd = !odd;
  return odd;
}
