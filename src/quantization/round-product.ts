/**
 * The weights of a product rounded so that the product changes little, where rounding each to the nearest changes the
 * weights little. With an input x, a row of weights w and its rounding q, the product's mean square error is
 *
 *     (w - q) M (w - q)^T    with the moments M = E[x x^T]
 *
 * so the error of one weight is made good by the rounding of others whose inputs go along with its own. It is brought
 * down by one weight after the other, each rounded to what is best for the errors of all others, several times over
 * (QuantEase, arXiv 2309.01885; GPTQ, arXiv 2210.17323, goes over them once).
 */
import { pairLevels, weightLevels } from "../graph/int8-weights.ts";
import type { MatrixProducts } from "./matrix-products.ts";

/** Passes over all weights. */
const passes = 3;

/** Columns whose errors are kept up to date one by one; those of others come of a product of matrices. */
const blockColumns = 64;

/** The share of each column's own square that is added to it: moments of few texts promise more than is there. */
const damping = 0.5;

/**
 * Moments of an input in the units of its rounding, damped.
 *
 * @param moments [width, width] @param units one for each column, or one for all
 */
export function momentsInUnits(moments: Float32Array, units: Float32Array): Float32Array {
  const width = Math.sqrt(moments.length);
  const unitOf = (column: number): number => units[units.length === 1 ? 0 : column]!;
  const result = new Float32Array(moments.length);
  for (let row = 0; row < width; row++) {
    for (let column = 0; column < width; column++) {
      result[row * width + column] = moments[row * width + column]! / (unitOf(row) * unitOf(column));
    }
    const own = row * (width + 1);
    // Above zero, which a column may be throughout.
    result[own] = Math.max(result[own]! * (1 + damping), 1e-20);
  }
  return result;
}

/**
 * @param steps [rows, width] weights as multiples of the scale of their row
 * @param moments [width, width] of the input, in its units
 * @returns [rows, width]
 */
export async function roundProduct(steps: Float32Array, moments: Float32Array, by: MatrixProducts): Promise<Int8Array> {
  const width = Math.sqrt(moments.length);
  const rows = steps.length / width;
  const values = new Int8Array(steps.length);
  // Weights less what they are rounded to; 0 before they are.
  const errors = new Float32Array(steps.length);
  const blocks = blocksOf(moments, width);
  for (let pass = 0; pass < passes; pass++) {
    for (const columns of blocks) {
      const ofBlock = rowsOf(moments, columns, width);
      const own = columnsOf(ofBlock, columns, width);
      // For each row and column of the block, the sum of error x moment over all columns.
      const sums = await by.product(
        { data: errors.slice(), rows, columns: width },
        { data: ofBlock, rows: columns.length, columns: width },
      );
      for (let row = 0; row < rows; row++) {
        const start = row * width;
        const ofRow = sums.subarray(row * columns.length, (row + 1) * columns.length);
        for (const [at, column] of columns.entries()) {
          const square = own[at * (columns.length + 1)]!;
          const others = ofRow[at]! - errors[start + column]! * square;
          const best = Math.round(steps[start + column]! + others / square);
          const beside = (column ^ 1) < width ? values[start + (column ^ 1)]! : 0;
          const least = Math.max(-weightLevels, -pairLevels - beside);
          const value = Math.max(least, Math.min(weightLevels, pairLevels - beside, best));
          const change = steps[start + column]! - value - errors[start + column]!;
          values[start + column] = value;
          if (change === 0) continue;
          errors[start + column]! += change;
          for (let other = 0; other < ofRow.length; other++) ofRow[other]! += change * own[at * ofRow.length + other]!;
        }
      }
    }
  }
  return values;
}

/** Blocks of columns. Those that matter most come first, when most others are left to make their errors good. */
function blocksOf(moments: Float32Array, width: number): Int32Array[] {
  const size = (column: number): number => moments[column * (width + 1)]!;
  const order = Int32Array.from({ length: width }, (_, column) => column).sort((a, b) => size(b) - size(a));
  return Array.from({ length: Math.ceil(width / blockColumns) }, (_, block) =>
    order.subarray(block * blockColumns, (block + 1) * blockColumns),
  );
}

function rowsOf(matrix: Float32Array, rows: Int32Array, width: number): Float32Array {
  const result = new Float32Array(rows.length * width);
  for (const [at, row] of rows.entries()) result.set(matrix.subarray(row * width, (row + 1) * width), at * width);
  return result;
}

/** @param matrix [columns.length, width] */
function columnsOf(matrix: Float32Array, columns: Int32Array, width: number): Float32Array {
  const count = columns.length;
  return Float32Array.from(
    { length: count ** 2 },
    (_, at) => matrix[Math.floor(at / count) * width + columns[at % count]!]!,
  );
}
