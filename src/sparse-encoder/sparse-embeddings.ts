/** Sparse embeddings: of many dimensions only those that are not 0, the active ones, with their values. */
import { requireArray } from "../common/arguments.ts";
import { describe, isObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { Embeddings } from "../tensor/embeddings.ts";

/** One sparse embedding, in the form that vector stores take: Qdrant, Pinecone, Milvus. */
export interface SparseVector {
  /** The active dimensions, ascending. */
  readonly indices: Uint32Array;
  /** The value of each active dimension. */
  readonly values: Float32Array;
}

/** A sparse embedding in any arrays of numbers, such as those of JSON. */
export interface SparseVectorLike {
  readonly indices: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** Rows one after the other in two arrays (compressed sparse rows, CSR). */
export class SparseEmbeddings implements Iterable<SparseVector> {
  /** The active dimensions of all rows. */
  readonly indices: Uint32Array;
  /** The value of each. */
  readonly values: Float32Array;
  /** `[count + 1]`: row `i` is from `offsets[i]` to `offsets[i + 1]`. */
  readonly offsets: Float64Array;
  /** Number of dimensions: the size of the vocabulary, for a model whose dimensions are tokens. */
  readonly dimension: number;

  private constructor(indices: Uint32Array, values: Float32Array, offsets: Float64Array, dimension: number) {
    this.indices = indices;
    this.values = values;
    this.offsets = offsets;
    this.dimension = dimension;
  }

  /**
   * Copies rows, such as those that a store gives back.
   *
   * @throws HpdError `invalid_argument` for a row whose indices aren't ascending and below `dimension`, or whose values
   *   aren't finite and as many
   */
  static fromRows(rows: readonly SparseVectorLike[], dimension: number): SparseEmbeddings {
    requireArray("rows", rows);
    if (!Number.isSafeInteger(dimension) || dimension < 0 || dimension > 2 ** 32) {
      throw new HpdError("invalid_argument", `dimension should be a non-negative integer, got ${describe(dimension)}`);
    }
    const offsets = new Float64Array(rows.length + 1);
    for (const [index, row] of rows.entries()) {
      requireSparseVector(row, dimension, `row ${index}`);
      offsets[index + 1] = offsets[index]! + row.indices.length;
    }
    const indices = new Uint32Array(offsets.at(-1)!);
    const values = new Float32Array(indices.length);
    for (const [index, row] of rows.entries()) {
      indices.set(row.indices, offsets[index]!);
      values.set(row.values, offsets[index]!);
    }
    return new SparseEmbeddings(indices, values, offsets, dimension);
  }

  get count(): number {
    return this.offsets.length - 1;
  }

  /** Views of one row. */
  row(index: number): SparseVector {
    if (!Number.isInteger(index) || index < 0 || index >= this.count) {
      throw new HpdError("invalid_argument", `row ${index} of ${this.count} embeddings does not exist`);
    }
    const [start, end] = [this.offsets[index]!, this.offsets[index + 1]!];
    return { indices: this.indices.subarray(start, end), values: this.values.subarray(start, end) };
  }

  /** A copy with all dimensions, `[count, dimension]`. */
  toDense(): Embeddings {
    const dense = new Embeddings(new Float32Array(this.count * this.dimension), this.count, this.dimension);
    for (let index = 0; index < this.count; index++) {
      const { indices, values } = this.row(index);
      const row = dense.row(index);
      for (let at = 0; at < indices.length; at++) row[indices[at]!] = values[at]!;
    }
    return dense;
  }

  *[Symbol.iterator](): Iterator<SparseVector> {
    for (let index = 0; index < this.count; index++) yield this.row(index);
  }
}

/** @throws HpdError `invalid_argument` naming what is wrong */
export function requireSparseVector(
  vector: unknown,
  dimension: number,
  name: string,
): asserts vector is SparseVectorLike {
  const { indices, values } = isObject(vector) ? vector : ({} as Partial<SparseVectorLike>);
  if (!isNumbers(indices) || !isNumbers(values) || indices.length !== values.length) {
    throw new HpdError("invalid_argument", `${name} should have indices and as many values, got ${describe(vector)}`);
  }
  for (let at = 0; at < indices.length; at++) {
    const [index, before] = [indices[at]!, at === 0 ? -1 : indices[at - 1]!];
    if (!(Number.isInteger(index) && index > before && index < dimension)) {
      throw new HpdError(
        "invalid_argument",
        `${name}: indices should be ascending integers from 0 to ${dimension - 1}, got ${index} after ${before}`,
      );
    }
    const value = values[at];
    if (typeof value !== "number" || !Number.isFinite(Math.fround(value))) {
      throw new HpdError("invalid_argument", `${name}: values should be finite, got ${describe(value)}`);
    }
  }
}

function isNumbers(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/**
 * The numbers of a row that aren't 0, the `most` that are farthest from it; of equal ones the first. Source:
 * `select_max_active_dims` of sentence-transformers.
 */
export function activeDimensions(row: Float32Array, most = Number.POSITIVE_INFINITY): SparseVector {
  let count = 0;
  for (let index = 0; index < row.length; index++) if (row[index] !== 0) count++;
  let indices = new Uint32Array(count);
  for (let index = 0, at = 0; index < row.length; index++) if (row[index] !== 0) indices[at++] = index;
  if (count > most) {
    const sizes = new Float32Array(indices.length);
    for (let at = 0; at < count; at++) sizes[at] = Math.abs(row[indices[at]!]!);
    sizes.sort();
    const least = sizes[count - most]!;
    let equal = sizes.lastIndexOf(least) + 1 - (count - most);
    indices = indices.filter((index) => {
      const size = Math.abs(row[index]!);
      return size > least || (size === least && equal-- > 0);
    });
  }
  return { indices, values: Float32Array.from(indices, (index) => row[index]!) };
}
