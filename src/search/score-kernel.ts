/**
 * Scores of sixteen rows with many queries, in WebAssembly: four rows by two queries are summed at once, 16 bytes of each
 * at a time. A block of rows is copied to where WebAssembly sees it, and stays in the processor's cache while the queries
 * pass: for one query the copy costs no more than reading the rows does, and there is never a second corpus.
 */

import {
  absoluteFloats,
  addFloats,
  addIntegers,
  type Code,
  countBits,
  differentBits,
  forEach,
  get,
  highShorts,
  integersToFloats,
  largerFloats,
  load,
  lowShorts,
  multiplyFloats,
  negativeFloats,
  pickFloats,
  plus,
  productsOfShorts,
  set,
  store,
  storeFirst,
  subtractFloats,
  type WasmFunction,
  wasmModule,
  zeroVector,
} from "../wasm/wasm-code.ts";

/** How a score is made of a row and a query; `products` and `distances` are then scaled and moved, row by row. */
export type ScoreKind = keyof typeof kinds;

interface Kind {
  /** Bytes of one number of a row. */
  readonly bytes: number;
  /** Vectors of a query for each vector of a row. */
  readonly planes: number;
  readonly hasTerms: boolean;
  accumulate(sum: Code, row: Code, query: readonly Code[]): Code;
  readonly add: (a: Code, b: Code) => Code;
  /** Four sums as float32. */
  finish(sums: Code): Code;
}

const same = (x: Code) => x;
const int8 = (isSigned: boolean): Kind => ({
  bytes: 1,
  planes: 2,
  hasTerms: false,
  accumulate: (sum, row, [low, high]) =>
    addIntegers(
      addIntegers(sum, productsOfShorts(lowShorts(row, isSigned), low!)),
      productsOfShorts(highShorts(row, isSigned), high!),
    ),
  add: addIntegers,
  finish: integersToFloats,
});
const floats = { bytes: 4, planes: 1, hasTerms: true, add: addFloats, finish: same };

const kinds = {
  /** Sums of products of float32. */
  products: {
    ...floats,
    accumulate: (sum, row, [query]) => addFloats(sum, multiplyFloats(row, query!)),
  },
  /** Negated sums of absolute differences of float32. */
  distances: {
    ...floats,
    accumulate: (sum, row, [query]) => subtractFloats(sum, absoluteFloats(subtractFloats(row, query!))),
  },
  /** Sums of products of the bytes of rows with int16, which a query has in two planes: see `loadQueries`. */
  int8: int8(true),
  uint8: int8(false),
  /** Negated numbers of bits that differ. */
  bits: {
    bytes: 1,
    planes: 1,
    hasTerms: false,
    accumulate: (sum, row, [query]) => addIntegers(sum, countBits(differentBits(row, query!))),
    add: addIntegers,
    finish: (sums) => negativeFloats(integersToFloats(sums)),
  },
} satisfies Record<string, Kind>;

export const rowsInGroup = 16;
/** What fits in the processor's second cache beside the queries. */
const bytesOfRows = 256 * 1024;
const bytesOfQueries = 128 * 1024;
const pageBytes = 65_536;

type Numbers = Float32Array | Int16Array | Int8Array | Uint8Array;

export class ScoreKernel {
  /** A multiple of `rowsInGroup`. */
  readonly rowsAtOnce: number;
  /** Even. */
  readonly queriesAtOnce: number;
  /** `[queriesAtOnce, 16]`, of the group scored last. */
  readonly scores: Float32Array;
  /** `[queriesAtOnce]`: the largest of each query's scores, not a number if one of them isn't. */
  readonly maxima: Float32Array;
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
    this.queriesAtOnce = 2 * Math.max(Math.floor(Math.min(bytesOfQueries / this.#queryBytes, 1024) / 2), 1);
    const sizes = {
      rows: this.rowsAtOnce * this.#rowBytes,
      queries: this.queriesAtOnce * this.#queryBytes,
      scores: this.queriesAtOnce * rowsInGroup * 4,
      maxima: this.queriesAtOnce * 4,
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
    this.scores = floatRoom(sizes.scores);
    this.maxima = floatRoom(sizes.maxima);
    this.terms = floatRoom(sizes.terms);
    this.squares = floatRoom(sizes.squares);
    const functions = [scoreFunction(kind, this.#rowBytes), squaresFunction(this.#rowBytes)];
    const module = new WebAssembly.Module(wasmModule(functions, pages, false));
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    const { score, squares } = exports as Record<string, (...addresses: number[]) => void>;
    this.#score = score!;
    this.#squares = squares!;
  }

  /** @param data `[..., width]` */
  loadRows(data: Numbers, width: number, start: number, end: number): void {
    copyRows(data, width, start, end, this.#rows, this.#rowBytes);
  }

  /**
   * @param data `[..., width]`; for int8 `[..., 2 (16 or more)]`: int16 for the first eight of each sixteen bytes of a row,
   *   zeros up to a multiple of sixteen, and then those for the last eight
   */
  loadQueries(data: Numbers, width: number, start: number, end: number): void {
    copyRows(data, width, start, end, this.#queries, this.#queryBytes);
  }

  /** Squared lengths of the first rows, of float32. */
  sumSquares(count: number): void {
    const start = this.#rows.byteOffset;
    this.#squares(start, start + Math.ceil(count / 4) * 4 * this.#rowBytes, this.squares.byteOffset);
  }

  /** Scores sixteen rows with the first queries. */
  score(group: number, queries: number): void {
    const query = this.#queries.byteOffset;
    this.#score(
      this.#rows.byteOffset + group * rowsInGroup * this.#rowBytes,
      query,
      query + queries * this.#queryBytes,
      this.scores.byteOffset,
      this.maxima.byteOffset,
      this.terms.byteOffset + group * 2 * rowsInGroup * 4,
    );
  }
}

/** Rows one after the other, with zeros between them where a row ends within a vector. */
function copyRows(data: Numbers, width: number, start: number, end: number, target: Uint8Array, bytes: number): void {
  const Numbers = data.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => Numbers;
  const room = new Numbers(target.buffer, target.byteOffset, target.byteLength / data.BYTES_PER_ELEMENT);
  const stride = bytes / data.BYTES_PER_ELEMENT;
  if (stride === width) {
    room.set(data.subarray(start * width, end * width));
    return;
  }
  for (let row = start; row < end; row++) {
    room.set(data.subarray(row * width, (row + 1) * width), (row - start) * stride);
  }
}

/** The sums of the numbers of each of four vectors, in one; `spare` are two locals. */
function sumsOfEach(vectors: readonly number[], spare: readonly [number, number], add: Kind["add"]): Code {
  const [a, b, c, d] = vectors.map(get) as [Code, Code, Code, Code];
  const halves = (x: Code, y: Code) => add(pickFloats(x, y, [0, 4, 1, 5]), pickFloats(x, y, [2, 6, 3, 7]));
  const [left, right] = spare.map(get) as [Code, Code];
  return [
    ...set(spare[0], halves(a, b)),
    ...set(spare[1], halves(c, d)),
    ...add(pickFloats(left, right, [0, 1, 4, 5]), pickFloats(left, right, [2, 3, 6, 7])),
  ];
}

function scoreFunction(kind: Kind, rowBytes: number): WasmFunction {
  const [rows, queries, end, scores, maxima, terms] = [0, 1, 2, 3, 4, 5] as const;
  const sums = [
    [6, 7, 8, 9],
    [10, 11, 12, 13],
  ] as const;
  const loaded = [14, 15, 16, 17] as const;
  const largest = [18, 19] as const;
  const spare = [20, 21] as const;
  const [row, query, rowEnd] = [22, 23, 24] as const;
  const queryBytes = rowBytes * kind.planes;

  const planeOf = (which: number, plane: number) => loaded[which * kind.planes + plane]!;
  const loadQueries = sums.flatMap((_, which) =>
    Array.from({ length: kind.planes }, (_, plane) =>
      set(planeOf(which, plane), load(get(query), which * queryBytes + plane * rowBytes)),
    ).flat(),
  );
  const [current] = spare;
  const accumulate = [0, 1, 2, 3].flatMap((next) => [
    ...set(current, load(get(row), next * rowBytes)),
    ...sums.flatMap((ofQuery, which) => {
      const planes = Array.from({ length: kind.planes }, (_, plane) => get(planeOf(which, plane)));
      return set(ofQuery[next]!, kind.accumulate(get(ofQuery[next]!), get(current), planes));
    }),
  ]);
  const tile = (index: number): Code => [
    ...set(row, plus(get(rows), 4 * index * rowBytes)),
    ...set(rowEnd, plus(get(row), rowBytes)),
    ...set(query, get(queries)),
    ...sums.flat().flatMap((sum) => set(sum, zeroVector)),
    ...forEach(
      [
        [row, 16],
        [query, 16],
      ],
      rowEnd,
      [...loadQueries, ...accumulate],
    ),
    ...sums.flatMap((ofQuery, which) => {
      const result = loaded[0];
      const four = kind.finish(sumsOfEach(ofQuery, spare, kind.add));
      const [scale, bias] = [load(get(terms), 16 * index), load(get(terms), 4 * rowsInGroup + 16 * index)];
      return [
        ...set(result, kind.hasTerms ? addFloats(multiplyFloats(four, scale), bias) : four),
        ...store(get(scores), get(result), which * 4 * rowsInGroup + 16 * index),
        ...set(largest[which]!, index === 0 ? get(result) : largerFloats(get(largest[which]!), get(result))),
      ];
    }),
  ];
  const largestOfFour = (local: number): Code => [
    ...set(local, largerFloats(get(local), pickFloats(get(local), get(local), [2, 3, 0, 1]))),
    ...largerFloats(get(local), pickFloats(get(local), get(local), [1, 0, 3, 2])),
  ];
  const body = forEach(
    [
      [queries, 2 * queryBytes],
      [scores, 2 * 4 * rowsInGroup],
      [maxima, 8],
    ],
    end,
    [
      ...[0, 1, 2, 3].flatMap(tile),
      ...largest.flatMap((local, which) => storeFirst(get(maxima), largestOfFour(local), 4 * which)),
    ],
  );
  return { name: "score", addresses: 6, floats: 0, vectors: 16, addressLocals: 3, returns: "nothing", body };
}

function squaresFunction(rowBytes: number): WasmFunction {
  const [rows, end, squares] = [0, 1, 2] as const;
  const sums = [3, 4, 5, 6] as const;
  const [current, ...spare] = [7, 8, 9] as const;
  const [row, rowEnd] = [10, 11] as const;
  const addSquares = sums.flatMap((sum, next) => [
    ...set(current, load(get(row), next * rowBytes)),
    ...set(sum, addFloats(get(sum), multiplyFloats(get(current), get(current)))),
  ]);
  const body = forEach(
    [
      [rows, 4 * rowBytes],
      [squares, 16],
    ],
    end,
    [
      ...set(row, get(rows)),
      ...set(rowEnd, plus(get(row), rowBytes)),
      ...sums.flatMap((sum) => set(sum, zeroVector)),
      ...forEach([[row, 16]], rowEnd, addSquares),
      ...store(get(squares), sumsOfEach(sums, spare, addFloats)),
    ],
  );
  return { name: "squares", addresses: 3, floats: 0, vectors: 7, addressLocals: 2, returns: "nothing", body };
}
