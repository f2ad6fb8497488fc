/** Figures of the input of a product, over all tokens of the calibration, from which its range is chosen. */
export class InputStatistics {
  readonly low: Float32Array;
  readonly high: Float32Array;
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;
  #rows = 0;

  constructor(width: number) {
    this.low = new Float32Array(width).fill(Number.POSITIVE_INFINITY);
    this.high = new Float32Array(width).fill(Number.NEGATIVE_INFINITY);
    this.#sums = new Float64Array(width);
    this.#squares = new Float64Array(width);
  }

  get width(): number {
    return this.low.length;
  }

  /** @param rows [count, width] */
  add(rows: Float32Array): void {
    const { low, high, width } = this;
    const [sums, squares] = [this.#sums, this.#squares];
    for (let start = 0; start < rows.length; start += width) {
      for (let column = 0; column < width; column++) {
        const value = rows[start + column]!;
        if (value < low[column]!) low[column] = value;
        if (value > high[column]!) high[column] = value;
        sums[column]! += value;
        squares[column]! += value * value;
      }
    }
    this.#rows += rows.length / width;
  }

  /** The statistics of the rows of both. */
  plus(other: InputStatistics): InputStatistics {
    const sum = new InputStatistics(this.width);
    for (const part of [this, other]) {
      for (let column = 0; column < this.width; column++) {
        sum.low[column] = Math.min(sum.low[column]!, part.low[column]!);
        sum.high[column] = Math.max(sum.high[column]!, part.high[column]!);
        sum.#sums[column]! += part.#sums[column]!;
        sum.#squares[column]! += part.#squares[column]!;
      }
      sum.#rows += part.#rows;
    }
    return sum;
  }

  /** The mean of each column. */
  means(): Float64Array {
    return this.#sums.map((sum) => sum / this.#rows);
  }

  /** The mean of each column's squares. */
  meanSquares(): Float64Array {
    return this.#squares.map((sum) => sum / this.#rows);
  }
}
