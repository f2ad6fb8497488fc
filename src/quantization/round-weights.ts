/** Weights rounded to int8. */
import { type InputRange, QuantizedTensor } from "../tensor/quantized-tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { weightLevels } from "./choose-range.ts";

/** A matrix with one scale a row, by its largest magnitude. @param input of a product: see `QuantizedTensor` */
export function roundRows({ shape, data }: Tensor<"float32">, input?: InputRange): QuantizedTensor {
  const [rows, columns] = shape as [number, number];
  const units = input === undefined ? Float32Array.of(1) : input.scale;
  const values = new Int8Array(data.length);
  const scale = new Float32Array(rows);
  const row = new Float32Array(columns);
  for (let index = 0; index < rows; index++) {
    const start = index * columns;
    let largest = 0;
    for (let column = 0; column < columns; column++) {
      row[column] = data[start + column]! * units[units.length === 1 ? 0 : column]!;
      largest = Math.max(largest, Math.abs(row[column]!));
    }
    // A row of zeros has any scale; 1 avoids dividing by zero.
    const unit = largest / weightLevels > 1e-30 ? Math.fround(largest / weightLevels) : 1;
    for (let column = 0; column < columns; column++) values[start + column] = Math.round(row[column]! / unit);
    scale[index] = unit;
  }
  return new QuantizedTensor({ dtype: "int8", shape, data: values }, scale, input);
}

/**
 * The mean change of a product by rounding its weights, to be added to its bias: (W - rounded W) E[x]. After nncf's
 * fast bias correction.
 */
export function biasCorrection(
  { data }: Tensor<"float32">,
  { values, scale, input }: QuantizedTensor,
  means: Float64Array,
): Float32Array {
  const units = input!.scale;
  return scale.map((unit, row) => {
    const start = row * means.length;
    let sum = 0;
    for (let column = 0; column < means.length; column++) {
      const rounded = (values.data[start + column]! * unit) / units[units.length === 1 ? 0 : column]!;
      sum += (data[start + column]! - rounded) * means[column]!;
    }
    return sum;
  });
}
