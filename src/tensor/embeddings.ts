/** Embeddings in one contiguous array: rows are views, never copies and never an array of arrays. */
import { kindOf, requireArray } from "../common/arguments.ts";
import { HpdError } from "../errors.ts";

export type EmbeddingArray = Float32Array | Int8Array | Uint8Array;

export class Embeddings<A extends EmbeddingArray = Float32Array> implements Iterable<A> {
  /** `[count, dimension]`, row-major. */
  readonly data: A;
  readonly count: number;
  readonly dimension: number;

  /** @throws HpdError `invalid_argument` where `data` does not hold `count` rows of `dimension`. */
  constructor(data: A, count: number, dimension: number) {
    requireNumbersOf(data);
    const areSizes = [count, dimension].every((size) => Number.isSafeInteger(size) && size >= 0);
    if (!areSizes || data.length !== count * dimension) {
      throw new HpdError(
        "invalid_argument",
        `${count} embeddings of dimension ${dimension} are ${count * dimension} numbers, got ${data.length}`,
      );
    }
    this.data = data;
    this.count = count;
    this.dimension = dimension;
  }

  /** Copies equally long rows into one array. @throws HpdError `invalid_argument` where the lengths differ. */
  static fromRows(rows: readonly ArrayLike<number>[]): Embeddings {
    requireArray("rows", rows);
    const dimension = rows[0]?.length ?? 0;
    const data = new Float32Array(rows.length * dimension);
    for (const [index, row] of rows.entries()) {
      requireNumbersOf(row, `row ${index}`);
      if (row.length !== dimension) {
        throw new HpdError("invalid_argument", `row 0 has ${dimension} numbers, row ${index} has ${row.length}`);
      }
      data.set(row, index * dimension);
    }
    return new Embeddings(data, rows.length, dimension);
  }

  /** A view of one embedding. Writing to it writes to `data`. */
  row(index: number): A {
    if (!Number.isInteger(index) || index < 0 || index >= this.count) {
      throw new HpdError("invalid_argument", `row ${index} of ${this.count} embeddings does not exist`);
    }
    return this.data.subarray(index * this.dimension, (index + 1) * this.dimension) as A;
  }

  *[Symbol.iterator](): Iterator<A> {
    for (let index = 0; index < this.count; index++) yield this.row(index);
  }
}

/** @throws HpdError `invalid_argument` for anything but numbers in a row: characters of a text would be NaN. */
function requireNumbersOf(values: unknown, name = "data"): void {
  if (ArrayBuffer.isView(values) || Array.isArray(values)) return;
  throw new HpdError("invalid_argument", `${name} should be an array of numbers, got ${kindOf(values)}`);
}
