/** Weights rounded to int8. */
import { largestOfRow, weightLevels } from "../graph/int8-weights.ts";
import { QuantizedTensor } from "../tensor/quantized-tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A table with one scale a row, by its largest magnitude, rounded to the nearest: its rows are looked up, so neighbours have no limit. */
export function roundRows({ shape, data }: Tensor<"float32">): QuantizedTensor {
  const [rows, columns] = shape as [number, number];
  const values = new Int8Array(data.length);
  const scale = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const [start, end] = [row * columns, (row + 1) * columns];
    let largest = 0;
    for (let index = start; index < end; index++) largest = Math.max(largest, Math.abs(data[index]!));
    const unit = unitOf(largest);
    // Math.round takes three times as long.
    for (let index = start; index < end; index++) values[index] = Math.floor(Math.fround(data[index]! / unit) + 0.5);
    scale[row] = unit;
  }
  return new QuantizedTensor({ dtype: "int8", shape, data: values }, scale);
}

/**
 * A matrix whose rows have one scale each, by `largestOfRow`: as multiples of it, up to `weightLevels`.
 *
 * @param units one for each column, or for all
 */
export function inSteps({ shape, data }: Tensor<"float32">, units: Float32Array) {
  const [rows, columns] = shape as [number, number];
  const steps = new Float32Array(data.length);
  const scale = new Float32Array(rows);
  for (let index = 0; index < rows; index++) {
    const start = index * columns;
    const row = steps.subarray(start, start + columns);
    for (let column = 0; column < columns; column++) {
      row[column] = data[start + column]! * units[units.length === 1 ? 0 : column]!;
    }
    const unit = unitOf(largestOfRow(row, 0, columns));
    for (let column = 0; column < columns; column++) row[column]! /= unit;
    scale[index] = unit;
  }
  return { steps, scale };
}

/** The scale of a row: a row of zeros has any; 1 avoids dividing by zero. */
function unitOf(largest: number): number {
  return largest / weightLevels > 1e-30 ? Math.fround(largest / weightLevels) : 1;
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
