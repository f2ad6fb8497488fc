/**
 * Steps of int8 weights. x64 without VNNI multiplies uint8 with int8 two neighbours at a time and adds the two in 16 bits
 * (`vpmaddubsw`), which cuts what is beyond 32,767. Where no two neighbours of a row of weights come to more than 128, no
 * such sum is cut, whatever they are multiplied with, and the product is exact on every processor.
 */

/** The most that a weight is, in steps of its row. */
export const weightLevels = 127;

/** The most that two neighbours come to, in steps: the largest number that 255 can be multiplied with in 16 bits. */
export const pairLevels = 128;

const one = Float32Array.of(1);

/**
 * The largest magnitude among the weights of a row and the sums of two neighbours. With a `weightLevels`th of it as the
 * row's step, the nearest steps are within both limits.
 *
 * @param units factors, one for each column or one for all; default 1
 */
export function largestOfRow(weights: Float32Array, start: number, width: number, units: Float32Array = one): number {
  const isOne = units.length === 1;
  let largest = 0;
  for (let column = 0; column < width; column += 2) {
    const first = weights[start + column]! * units[isOne ? 0 : column]!;
    const second = column + 1 < width ? weights[start + column + 1]! * units[isOne ? 0 : column + 1]! : 0;
    // Of two signs neither is beyond the larger one.
    const sum = first * second > 0 ? first + second : Math.max(Math.abs(first), Math.abs(second));
    largest = Math.max(largest, Math.abs(sum));
  }
  return largest;
}

/** Whether no two neighbours of a row come to more than `pairLevels`. @param width columns of a row */
export function pairsFit(weights: Int8Array, width: number): boolean {
  for (let start = 0; start < weights.length; start += width) {
    for (let column = 0; column + 1 < width; column += 2) {
      if (Math.abs(weights[start + column]! + weights[start + column + 1]!) > pairLevels) return false;
    }
  }
  return true;
}
