/** A matrix of numbers in one contiguous array. */
import { HpdError } from "../errors.ts";

export class Matrix implements Iterable<Float32Array> {
  /** `[rows, columns]`, row-major. */
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;

  /** @throws HpdError `invalid_argument` where `data` does not hold `rows` of `columns` numbers */
  constructor(data: Float32Array, rows: number, columns: number) {
    if (data.length !== rows * columns) {
      throw new HpdError(
        "invalid_argument",
        `a matrix of ${rows} rows and ${columns} columns has ${rows * columns} numbers, got ${data.length}`,
      );
    }
    this.data = data;
    this.rows = rows;
    this.columns = columns;
  }

  /** @throws HpdError `invalid_argument` for a place outside the matrix */
  at(row: number, column: number): number {
    return this.row(row)[this.#within(column, this.columns, "column")]!;
  }

  /** A view of one row. @throws HpdError `invalid_argument` where it does not exist */
  row(index: number): Float32Array {
    const start = this.#within(index, this.rows, "row") * this.columns;
    return this.data.subarray(start, start + this.columns);
  }

  *[Symbol.iterator](): Iterator<Float32Array> {
    for (let index = 0; index < this.rows; index++) yield this.row(index);
  }

  /** A copy as arrays of numbers, for JSON. */
  toArray(): number[][] {
    return Array.from(this, (row) => Array.from(row));
  }

  #within(index: number, count: number, what: string): number {
    if (Number.isInteger(index) && index >= 0 && index < count) return index;
    throw new HpdError("invalid_argument", `${what} ${index} of ${count} does not exist`);
  }
}
