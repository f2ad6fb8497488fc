/** Figures of the input of a product, over the tokens of the calibration, from which it is rounded. */
import type { MatrixProducts } from "./matrix-products.ts";

/** Rows whose products are summed by one product of matrices. */
const rowsAtOnce = 1024;

/** Rows of which the products of all pairs of columns are taken, about: more tell little more. */
const multipliedRows = 16_384;

/** Rows that are kept, about. */
const sampleRows = 512;

export class InputStatistics {
  readonly low: Float32Array;
  readonly high: Float32Array;
  readonly #sums: Float64Array;
  /** Sums of the products of two columns, [width, width]. */
  readonly #products: Float32Array;
  readonly #stride: number;
  readonly #sampleStride: number;
  readonly #sample: Float32Array[] = [];
  #waiting: Float32Array;
  #waitingRows = 0;
  #rows = 0;
  #multiplied = 0;

  /** @param count of all rows, about */
  constructor(width: number, count: number) {
    this.#stride = Math.ceil(Math.max(count, 1) / multipliedRows);
    this.#sampleStride = Math.ceil(Math.max(count, 1) / sampleRows);
    this.low = new Float32Array(width).fill(Number.POSITIVE_INFINITY);
    this.high = new Float32Array(width).fill(Number.NEGATIVE_INFINITY);
    this.#sums = new Float64Array(width);
    this.#products = new Float32Array(width * width);
    this.#waiting = new Float32Array(0);
  }

  /** Memory that the statistics of an input take, about. */
  static bytes(width: number): number {
    return 4 * width * (width + sampleRows);
  }

  get width(): number {
    return this.low.length;
  }

  /** @param rows [count, width] */
  async add(rows: Float32Array, by: MatrixProducts): Promise<void> {
    const { low, high, width } = this;
    const sums = this.#sums;
    for (let start = 0; start < rows.length; start += width) {
      for (let column = 0; column < width; column++) {
        const value = rows[start + column]!;
        if (value < low[column]!) low[column] = value;
        if (value > high[column]!) high[column] = value;
        sums[column]! += value;
      }
      const at = this.#rows++;
      if (at % this.#sampleStride === 0) this.#sample.push(rows.slice(start, start + width));
      if (at % this.#stride !== 0) continue;
      if (this.#waiting.length === 0) this.#waiting = new Float32Array(rowsAtOnce * width);
      this.#waiting.set(rows.subarray(start, start + width), this.#waitingRows * width);
      if (++this.#waitingRows === rowsAtOnce) await this.finish(by);
    }
  }

  /** Takes in the last rows. To be called before moments are asked for. */
  async finish(by: MatrixProducts): Promise<void> {
    const { width } = this;
    const [data, rows] = [this.#waiting, this.#waitingRows];
    if (rows === 0) return;
    this.#waiting = new Float32Array(0);
    this.#waitingRows = 0;
    this.#multiplied += rows;
    const products = await by.gram({ data: data.slice(0, rows * width), rows, columns: width });
    const sums = this.#products;
    for (let index = 0; index < sums.length; index++) sums[index]! += products[index]!;
  }

  /** Some rows, [count, width]. */
  get sample(): Float32Array {
    const rows = new Float32Array(this.#sample.length * this.width);
    for (const [at, row] of this.#sample.entries()) rows.set(row, at * this.width);
    return rows;
  }

  /** The mean of each column. */
  means(): Float64Array {
    return this.#sums.map((sum) => sum / this.#rows);
  }

  /** The mean of each column's squares. */
  meanSquares(): Float64Array {
    const { width } = this;
    return Float64Array.from(
      { length: width },
      (_, column) => this.#products[column * (width + 1)]! / this.#multiplied,
    );
  }

  /** The means of the products of two columns, [width, width]. */
  moments(): Float32Array {
    return this.#products.map((sum) => sum / this.#multiplied);
  }
}
