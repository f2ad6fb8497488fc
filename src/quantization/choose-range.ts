/**
 * The range of a product's input, so that the product loses as little as possible. Each column c of the input is rounded
 * to multiples of a unit u[c]; the weights are then W[o][c] u[c], rounded to 127 steps a row. Coarse units lose numbers of
 * the input, fine ones move the outliers of the input into the weights, which then lose theirs. Both errors follow from
 * the units (a number that is rounded to steps of d is wrong by d / sqrt(12)):
 *
 *     input    sum over c of u[c]^2 / 12 x sum over o of W[o][c]^2
 *     weights  sum over o of (largest of W[o] u / 127)^2 / 12 x sum over c of E[x[c]^2] / u[c]^2, with `largestOfRow`
 *
 * Units are those of SmoothQuant (arXiv 2211.10438), range^alpha / weights^(1 - alpha); alpha and zero point are those of
 * the least sum, where SmoothQuant has one alpha for all, found by trying.
 *
 * Where few tokens have numbers far larger than all others, units that fit these are coarse for all. There each row has a
 * unit of its own, as large as its largest number needs, which is found while the model runs.
 */
import { largestOfRow, weightLevels } from "../graph/int8-weights.ts";
import type { InputRange } from "../tensor/quantized-tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { InputStatistics } from "./input-statistics.ts";

const inputLevels = 255;

const alphas = [0.5, 0.6, 0.7, 0.8, 0.9, 1];

/** One unit for all columns costs less time: it may lose this much more, relative to the least error. */
const tolerance = 1.15;

/** Exponents of a column's root mean square, for its unit where each row has one, too. */
const rowAlphas = [0, 0.25, 0.5, 0.75];

/**
 * A unit for each row costs time, too: it has to save this share of the error. It does where few rows have numbers far
 * larger than all others, as what an activation gives of the first token often has.
 */
const byRowBelow = 0.5;

/** @param weights [out, in] of the products that take this input */
export function chooseRange(statistics: InputStatistics, weights: readonly Tensor<"float32">[]): InputRange {
  const { width } = statistics;
  const { norms, largest } = columnsOf(weights, width);
  const squares = statistics.meanSquares();
  const errorOf = (units: Float32Array): number => errorOfUnits(units, { weights, norms, squares });

  const zeroPoint = bestZeroPoint(statistics, (units) => inputError(units, norms));
  const finest = finestUnits(statistics, zeroPoint);
  let best = { error: Number.POSITIVE_INFINITY, scale: finest };
  for (const alpha of alphas) {
    for (const balance of [0, 1 - alpha]) {
      const shape = finest.map((unit, column) => unit ** alpha / largest[column]! ** balance);
      // As fine as the ranges allow.
      const factor = finest.reduce((most, unit, column) => Math.max(most, unit / shape[column]!), 0);
      const scale = shape.map((unit) => unit * factor);
      const error = errorOf(scale);
      if (error < best.error) best = { error, scale };
    }
  }
  const same = oneUnit(statistics);
  const error = errorOf(new Float32Array(width).fill(same.scale[0]!));
  const byRow = rangeByRow(statistics, { weights, norms, squares });
  if (byRow.error < Math.min(best.error, error) * byRowBelow) return byRow.range;
  return error <= best.error * tolerance ? same : { scale: best.scale, zeroPoint };
}

/** The range with a unit for each row, by rows of the sample. */
function rangeByRow({ sample, low }: InputStatistics, terms: Terms): { error: number; range: InputRange } {
  let best = { error: Number.POSITIVE_INFINITY, range: { scale: Float32Array.of(1), zeroPoint: 0 } as InputRange };
  const spread = terms.squares.map(Math.sqrt);
  for (const alpha of rowAlphas) {
    const same = alpha === 0;
    const units = Float32Array.from(spread, (size) => Math.max(size, 1e-6) ** alpha);
    const most = largestOfRows(sample, units);
    const least = low.reduce((lowest, value, column) => Math.min(lowest, value / units[column]!), 0);
    const [input, weights] = errorsOfUnits(units, terms);
    for (let zeroPoint = 4; zeroPoint <= 128; zeroPoint += 4) {
      const leastUnit = Math.max(-least / zeroPoint, 1e-12);
      let squares = 0;
      for (const value of most) squares += Math.max(value / (inputLevels - zeroPoint), leastUnit) ** 2;
      const error = (squares / most.length) * input + weights;
      if (error * (same ? 1 : tolerance) >= best.error) continue;
      best = { error, range: { scale: same ? Float32Array.of(1) : units, zeroPoint, leastUnit } };
    }
  }
  return best;
}

/** The largest number of each row, in its column's unit. */
function largestOfRows(rows: Float32Array, units: Float32Array): Float32Array {
  const width = units.length;
  return Float32Array.from({ length: rows.length / width }, (_, row) => {
    let most = 0;
    for (let column = 0; column < width; column++) most = Math.max(most, rows[row * width + column]! / units[column]!);
    return most;
  });
}

/** The squares' sum of each column of all weights, and its largest magnitude, which is above zero. */
function columnsOf(weights: readonly Tensor<"float32">[], width: number) {
  const norms = new Float64Array(width);
  const largest = new Float32Array(width).fill(1e-8);
  for (const { data } of weights) {
    for (let start = 0; start < data.length; start += width) {
      for (let column = 0; column < width; column++) {
        const weight = data[start + column]!;
        norms[column]! += weight * weight;
        const magnitude = Math.abs(weight);
        if (magnitude > largest[column]!) largest[column] = magnitude;
      }
    }
  }
  return { norms, largest };
}

function bestZeroPoint(statistics: InputStatistics, errorOf: (units: Float32Array) => number): number {
  let best = { error: Number.POSITIVE_INFINITY, zeroPoint: 128 };
  for (let zeroPoint = 4; zeroPoint <= 252; zeroPoint += 4) {
    const error = errorOf(finestUnits(statistics, zeroPoint));
    if (error < best.error) best = { error, zeroPoint };
  }
  return best.zeroPoint;
}

/** The least unit of each column that its range allows. */
function finestUnits({ low, high }: InputStatistics, zeroPoint: number): Float32Array {
  return high.map((most, column) => Math.max(most / (inputLevels - zeroPoint), -low[column]! / zeroPoint, 1e-8));
}

function oneUnit({ low, high }: InputStatistics): InputRange {
  const least = low.reduce((a, b) => Math.min(a, b), 0);
  const most = high.reduce((a, b) => Math.max(a, b), 0);
  const zeroPoint = Math.min(
    Math.max(Math.round((-least * inputLevels) / Math.max(most - least, 1e-8)), 0),
    inputLevels,
  );
  const above = inputLevels - zeroPoint;
  const unit = Math.max(above === 0 ? 0 : most / above, zeroPoint === 0 ? 0 : -least / zeroPoint, 1e-8);
  return { scale: Float32Array.of(unit), zeroPoint };
}

interface Terms {
  readonly weights: readonly Tensor<"float32">[];
  readonly norms: Float64Array;
  readonly squares: Float64Array;
}

function errorOfUnits(units: Float32Array, terms: Terms): number {
  const [input, steps] = errorsOfUnits(units, terms);
  return input + steps;
}

/** The errors by the rounding of the input, and of the weights. */
function errorsOfUnits(units: Float32Array, { weights, norms, squares }: Terms): [number, number] {
  const power = squares.reduce((sum, square, column) => sum + square / units[column]! ** 2, 0);
  let steps = 0;
  for (const { data } of weights) {
    for (let start = 0; start < data.length; start += units.length) {
      steps += (largestOfRow(data, start, units.length, units) / weightLevels) ** 2;
    }
  }
  return [inputError(units, norms), (steps / 12) * power];
}

function inputError(units: Float32Array, norms: Float64Array): number {
  let sum = 0;
  for (let column = 0; column < units.length; column++) sum += units[column]! ** 2 * norms[column]!;
  return sum / 12;
}
