/**
 * Scores of sixteen rows with many queries, in WebAssembly. A block of rows is copied to the memory of WebAssembly and
 * stays in the processor's cache while it is scored with all queries: for one query the copy costs no more than reading
 * the rows, and there is never a second copy of the corpus.
 */

import type { Yielder } from "../common/yielder.ts";
import { wasmModule } from "../wasm/module.ts";
import { type Kind, kinds, rowsInGroup, type ScoreKind, scoreFunction, squaresFunction } from "./kernel-code.ts";
import type { RowRange } from "./score-block.ts";

/** Sizes of blocks that fit in the processor's second-level cache together. */
const bytesOfRows = 256 * 1024;
const bytesOfQueries = 128 * 1024;
const pageBytes = 65_536;

export type Numbers = Float32Array | Int16Array | Int8Array | Uint8Array;

/** A matrix, row after row. */
export interface Rows {
  readonly data: Numbers;
  readonly count: number;
  /** Numbers of a row. */
  readonly dimension: number;
}

/** A function of WebAssembly, with the addresses that kernel-code.ts declares as its parameters. */
type KernelFunction = (...addresses: number[]) => void;

export interface ScanVisitor {
  readonly yielder: Yielder;
  startBlock?(count: number): void;
  /** Called before scores of a group are inspected, with the largest of them. */
  startGroup?: ((query: number, largest: number) => void) | undefined;
  inspect(query: number, row: number, score: number): void;
}

export class ScoreKernel {
  /** Rows of a block: a multiple of `rowsInGroup`. */
  readonly rowsAtOnce: number;
  /** Queries of a block: an even number. */
  readonly #queriesAtOnce: number;
  /** `[queriesAtOnce, 16]`: scores of the last group. */
  readonly #scores: Float32Array;
  /** `[queriesAtOnce]`: the largest score of each query, not a number if one of them isn't. */
  readonly #maxima: Float32Array;
  /** `[groups, 2, 16]`: the factor and the summand of the scores of each row. */
  readonly terms: Float32Array;
  /** `[rowsAtOnce]`: squared lengths, by `sumSquares`. */
  readonly squares: Float32Array;
  readonly #rows: Uint8Array;
  readonly #queries: Uint8Array;
  readonly #rowBytes: number;
  readonly #queryBytes: number;
  readonly #score: KernelFunction;
  readonly #squares: KernelFunction;

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
    const { score, squares } = exports as Record<string, KernelFunction>;
    this.#score = score!;
    this.#squares = squares!;
  }

  /**
   * Scores all rows with all queries, and inspects the scores that are not below the limits.
   *
   * @param queries rows as those of the kernel; for int8 and uint8 of int16: see `int8` in kernel-code.ts
   * @param limits `[queries]`, which `inspect` may raise
   * @param visitor.startGroup may raise the limit of the query
   * @param visitor.startBlock called when `count` rows are loaded: sets their `terms`
   */
  async scan(
    rows: Rows,
    queries: Rows,
    limits: Float64Array,
    { yielder, startBlock, startGroup, inspect }: ScanVisitor,
  ): Promise<void> {
    const [maxima, scores] = [this.#maxima, this.#scores];
    for (let start = 0; start < rows.count; start += this.rowsAtOnce) {
      const end = Math.min(start + this.rowsAtOnce, rows.count);
      copyRows(rows, { start, end }, this.#rows, this.#rowBytes);
      startBlock?.(end - start);
      for (let first = 0; first < queries.count; first += this.#queriesAtOnce) {
        const last = Math.min(first + this.#queriesAtOnce, queries.count);
        copyRows(queries, { start: first, end: last }, this.#queries, this.#queryBytes);
        for (let row = start, group = 0; row < end; row += rowsInGroup, group++) {
          this.#scoreGroup(group, last - first);
          let hasInspected = false;
          for (let query = first; query < last; query++) {
            // Comparisons are written so that scores that are not numbers are inspected.
            if (maxima[query - first]! < limits[query]!) continue;
            hasInspected = true;
            const offset = (query - first) * rowsInGroup - row;
            const groupEnd = Math.min(row + rowsInGroup, end);
            // The maximum may be that of a row behind the last one.
            startGroup?.(query, largestOf(scores, offset + row, offset + groupEnd));
            for (let next = row; next < groupEnd; next++) {
              const score = scores[offset + next]!;
              if (!(score < limits[query]!)) inspect(query, next, score);
            }
          }
          // Inspecting takes far longer than scoring, and most hits are found in the first rows.
          if (hasInspected && yielder.isDue) await yielder.yield();
        }
        if (yielder.isDue) await yielder.yield();
      }
    }
  }

  /** Computes the squared lengths of the first of the loaded rows, of float32. */
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

function largestOf(numbers: Float32Array, start: number, end: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let at = start; at < end; at++) largest = Math.max(largest, numbers[at]!);
  return largest;
}

/** Compiled modules, kept because compiling one takes as long as searching thousands of rows. */
const modules = new Map<string, WebAssembly.Module>();

/** @param pages of memory: the other two determine it */
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

/**
 * Copies rows to the memory of WebAssembly.
 *
 * @param bytes from one row to the next: the rest of a row's last vector stays zero
 */
function copyRows({ data, dimension }: Rows, { start, end }: RowRange, target: Uint8Array, bytes: number): void {
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
