/**
 * Scores of sixteen rows with many queries, in WebAssembly. A block of rows is copied to where WebAssembly sees it, and
 * stays in the processor's cache while the queries pass: for one query the copy costs no more than reading the rows does,
 * and there is never a second corpus.
 */

import type { Yielder } from "../common/yielder.ts";
import { wasmModule } from "../wasm/module.ts";
import { type Kind, kinds, rowsInGroup, type ScoreKind, scoreFunction, squaresFunction } from "./kernel-code.ts";

/** What fits in the processor's second cache beside the queries. */
const bytesOfRows = 256 * 1024;
const bytesOfQueries = 128 * 1024;
const pageBytes = 65_536;

export type Numbers = Float32Array | Int16Array | Int8Array | Uint8Array;

/** Rows of numbers, one after the other. */
export interface Rows {
  readonly data: Numbers;
  readonly count: number;
  /** How many numbers a row has. */
  readonly dimension: number;
}

export class ScoreKernel {
  /** A multiple of `rowsInGroup`. */
  readonly rowsAtOnce: number;
  /** Even. */
  readonly #queriesAtOnce: number;
  /** `[queriesAtOnce, 16]`, of the group scored last. */
  readonly #scores: Float32Array;
  /** `[queriesAtOnce]`: the largest of each query's scores, not a number if one of them isn't. */
  readonly #maxima: Float32Array;
  /** `[groups, 2, 16]`: by what the sum of a row is multiplied, and what is added to it. */
  readonly terms: Float32Array;
  /** `[rowsAtOnce]` */
  readonly squares: Float32Array;
  readonly #rows: Uint8Array;
  readonly #queries: Uint8Array;
  readonly #rowBytes: number;
  readonly #queryBytes: number;
  readonly #score: (rows: number, query: number, end: number, scores: number, maxima: number, terms: number) => void;
  readonly #squares: (rows: number, end: number, squares: number) => void;

  /** @param width numbers of a row, or bytes of packed bits */
  constructor(name: ScoreKind, width: number) {
    const kind: Kind = kinds[name];
    this.#rowBytes = Math.max(Math.ceil((width * kind.bytes) / 16) * 16, 16);
    this.#queryBytes = this.#rowBytes * kind.planes;
    this.rowsAtOnce = rowsInGroup * Math.max(Math.floor(bytesOfRows / this.#rowBytes / rowsInGroup), 1);
    this.#queriesAtOnce = 2 * Math.max(Math.floor(Math.min(bytesOfQueries / this.#queryBytes, 1024) / 2), 1);
    const sizes = {
      rows: this.rowsAtOnce * this.#rowBytes,
      queries: this.#queriesAtOnce * this.#queryBytes,
      scores: this.#queriesAtOnce * rowsInGroup * 4,
      maxima: this.#queriesAtOnce * 4,
      terms: this.rowsAtOnce * 8,
      squares: this.rowsAtOnce * 4,
    };
    const pages = Math.ceil(Object.values(sizes).reduce((sum, size) => sum + size + 16, 0) / pageBytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    let used = 0;
    const room = (bytes: number): Uint8Array => {
      used = Math.ceil(used / 16) * 16 + bytes;
      return new Uint8Array(memory.buffer, used - bytes, bytes);
    };
    const floatRoom = (bytes: number) => {
      const { buffer, byteOffset } = room(bytes);
      return new Float32Array(buffer, byteOffset, bytes / 4);
    };
    this.#rows = room(sizes.rows);
    this.#queries = room(sizes.queries);
    this.#scores = floatRoom(sizes.scores);
    this.#maxima = floatRoom(sizes.maxima);
    this.terms = floatRoom(sizes.terms);
    this.squares = floatRoom(sizes.squares);
    const { exports } = new WebAssembly.Instance(compiled(name, this.#rowBytes, pages), { env: { memory } });
    const { score, squares } = exports as Record<string, (...addresses: number[]) => void>;
    this.#score = score!;
    this.#squares = squares!;
  }

  /**
   * Scores all rows with all queries, and tells of those that are not below the limits.
   *
   * @param queries rows as those of the kernel; for int8 and uint8 of int16: see `int8` in kernel-code.ts
   * @param limits `[queries]`, which may be raised as it goes
   * @param startBlock sets `terms` of so many rows, which are loaded
   */
  async scan(
    rows: Rows,
    queries: Rows,
    limits: Float64Array,
    {
      yielder,
      startBlock,
      look,
    }: {
      yielder: Yielder;
      startBlock?: (count: number) => void;
      look: (query: number, row: number, score: number) => void;
    },
  ): Promise<void> {
    const [maxima, scores] = [this.#maxima, this.#scores];
    for (let start = 0; start < rows.count; start += this.rowsAtOnce) {
      const end = Math.min(start + this.rowsAtOnce, rows.count);
      copyRows(rows, start, end, this.#rows, this.#rowBytes);
      startBlock?.(end - start);
      for (let first = 0; first < queries.count; first += this.#queriesAtOnce) {
        const last = Math.min(first + this.#queriesAtOnce, queries.count);
        copyRows(queries, first, last, this.#queries, this.#queryBytes);
        for (let row = start, group = 0; row < end; row += rowsInGroup, group++) {
          this.#scoreGroup(group, last - first);
          let hasLooked = false;
          for (let query = first; query < last; query++) {
            // Written so that what is not a number gets looked at.
            if (maxima[query - first]! < limits[query]!) continue;
            hasLooked = true;
            const offset = (query - first) * rowsInGroup - row;
            for (let next = row; next < Math.min(row + rowsInGroup, end); next++) {
              const score = scores[offset + next]!;
              if (!(score < limits[query]!)) look(query, next, score);
            }
          }
          // To look takes far longer than to score, and in the first rows there is much to look at.
          if (hasLooked && yielder.isDue) await yielder.yield();
        }
        if (yielder.isDue) await yielder.yield();
      }
    }
  }

  /** Squared lengths of the first rows, of float32. */
  sumSquares(count: number): void {
    const start = this.#rows.byteOffset;
    this.#squares(start, start + Math.ceil(count / 4) * 4 * this.#rowBytes, this.squares.byteOffset);
  }

  /** Scores sixteen rows with the first queries. */
  #scoreGroup(group: number, queries: number): void {
    const query = this.#queries.byteOffset;
    this.#score(
      this.#rows.byteOffset + group * rowsInGroup * this.#rowBytes,
      query,
      query + queries * this.#queryBytes,
      this.#scores.byteOffset,
      this.#maxima.byteOffset,
      this.terms.byteOffset + group * 2 * rowsInGroup * 4,
    );
  }
}

/** Kept, though global: a module never changes, and to compile it takes as long as to search thousands of rows with it. */
const modules = new Map<string, WebAssembly.Module>();

/** @param pages of memory, which the other two determine */
function compiled(name: ScoreKind, rowBytes: number, pages: number): WebAssembly.Module {
  const key = `${name} ${rowBytes}`;
  let module = modules.get(key);
  if (module === undefined) {
    const functions = [scoreFunction(kinds[name], rowBytes), squaresFunction(rowBytes)];
    module = new WebAssembly.Module(wasmModule(functions, pages, false));
    modules.set(key, module);
  }
  return module;
}

/** Rows one after the other, with zeros between them where a row ends within a vector. */
function copyRows({ data, dimension }: Rows, start: number, end: number, target: Uint8Array, bytes: number): void {
  const Numbers = data.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => Numbers;
  const room = new Numbers(target.buffer, target.byteOffset, target.byteLength / data.BYTES_PER_ELEMENT);
  const stride = bytes / data.BYTES_PER_ELEMENT;
  if (stride === dimension) {
    room.set(data.subarray(start * dimension, end * dimension));
    return;
  }
  for (let row = start; row < end; row++) {
    room.set(data.subarray(row * dimension, (row + 1) * dimension), (row - start) * stride);
  }
}
