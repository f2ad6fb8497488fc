/**
 * The WebAssembly of `ScoreKernel`: four rows by two queries are summed at once, 16 bytes of each at a time, so that what
 * is loaded serves several sums and no sum waits for another.
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
  zeroVector,
} from "../wasm/wasm-code.ts";

/** How a score is made of a row and a query; `products` and `distances` are then scaled and moved, row by row. */
export type ScoreKind = keyof typeof kinds;

export interface Kind {
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

export const kinds = {
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
  /**
   * Sums of products of the bytes of rows with int16. A query has them in two planes: those for the first eight of each
   * sixteen bytes of a row, up to a multiple of sixteen, and then those for the last eight.
   */
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

export function scoreFunction(kind: Kind, rowBytes: number): WasmFunction {
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

export function squaresFunction(rowBytes: number): WasmFunction {
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
