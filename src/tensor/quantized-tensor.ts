/**
 * A float32 matrix that is stored as int8 with one scale a row: `weight[r][c] = values[r][c] scale[r]`. A matrix of
 * products knows the range of what it is multiplied with, too, and is then stored in units of that:
 * `weight[r][c] = values[r][c] scale[r] / input.scale[c]`.
 *
 * Where floats are expected, it is a lazy tensor of these.
 */
import { elementsOf, LazyTensor } from "./lazy-tensor.ts";
import type { Tensor } from "./tensor.ts";

/** The rounding of an input x of a matrix: to `(q - zeroPoint) scale`, where q is 0 to 255. */
export interface InputRange {
  /** One for each column, or one for all. */
  readonly scale: Float32Array;
  readonly zeroPoint: number;
  /**
   * The least unit of a row of x, in which all numbers below zero fit, where each row has one of its own, by which `scale` is
   * multiplied. It is larger where the largest number of a row, in units of `scale`, needs it.
   */
  readonly leastUnit?: number | undefined;
}

export class QuantizedTensor extends LazyTensor<"float32"> {
  /** [rows, columns] */
  readonly values: Tensor<"int8">;
  /** [rows] */
  readonly scale: Float32Array;
  /** Undefined for a table, whose rows are only looked up. */
  readonly input: InputRange | undefined;

  constructor(values: Tensor<"int8">, scale: Float32Array, input?: InputRange) {
    super("float32", values.shape, async () => dequantized(await elementsOf(values), scale, input?.scale));
    this.values = values;
    this.scale = scale;
    this.input = input;
  }
}

/** Whether two inputs are rounded alike, so that one rounding serves both. */
export function sameRange(a: InputRange | undefined, b: InputRange | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.zeroPoint !== b.zeroPoint || a.leastUnit !== b.leastUnit) return false;
  if (a.scale.length !== b.scale.length) return false;
  return a.scale.every((scale, index) => scale === b.scale[index]);
}

function dequantized(
  { shape, data }: Tensor<"int8">,
  scale: Float32Array,
  inputScale: Float32Array = Float32Array.of(1),
): Tensor<"float32"> {
  const columns = shape[1]!;
  const result = new Float32Array(data.length);
  const perColumn = inputScale.length > 1;
  for (let row = 0; row < scale.length; row++) {
    const start = row * columns;
    for (let column = 0; column < columns; column++) {
      result[start + column] = (data[start + column]! * scale[row]!) / inputScale[perColumn ? column : 0]!;
    }
  }
  return { dtype: "float32", shape, data: result };
}
