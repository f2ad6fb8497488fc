/**
 * The WebAssembly of `ScoreKernel`: four rows by two queries are summed at once, 16 bytes of each at a time, so that
 * what is loaded serves several sums and no sum waits for another.
 */
import { type Code, type Local, sequence } from "../wasm/code.ts";
import { forEach } from "../wasm/for-each.ts";
import { f32, f32x4, i8x16, i16x8, i32, i32x4, lanesOf32Bits, local, v128 } from "../wasm/instructions.ts";
import { type LocalsOf, type WasmFunction, wasmFunction } from "../wasm/module.ts";

/**
 * The kinds of scores of a row and a query; `products` and `distances` also have a factor and a summand for each row.
 */
export type ScoreKind = keyof typeof kinds;

type Vector = Code<"v128">;
type Four<T> = readonly [T, T, T, T];

export interface Kind {
  /** Bytes of one number of a row. */
  readonly bytes: number;
  /** Vectors of a query for each vector of a row. */
  readonly planes: 1 | 2;
  /** Whether each row has a factor and a summand of its scores. */
  readonly hasTerms: boolean;
  accumulate(sum: Vector, row: Vector, query: readonly Vector[]): Vector;
  readonly add: (a: Vector, b: Vector) => Vector;
  /** Four sums as float32. */
  finish(sums: Vector): Vector;
}

const int8 = (low: (x: Vector) => Vector, high: (x: Vector) => Vector): Kind => ({
  bytes: 1,
  planes: 2,
  hasTerms: false,
  accumulate: (sum, row, [queryLow, queryHigh]) =>
    i32x4.add(i32x4.add(sum, i32x4.dot_i16x8_s(low(row), queryLow!)), i32x4.dot_i16x8_s(high(row), queryHigh!)),
  add: i32x4.add,
  finish: f32x4.convert_i32x4_s,
});
const floats = { bytes: 4, planes: 1, hasTerms: true, add: f32x4.add, finish: (sums: Vector) => sums } as const;

export const kinds = {
  /** Sums of products of float32. */
  products: {
    ...floats,
    accumulate: (sum, row, [query]) => f32x4.add(sum, f32x4.mul(row, query!)),
  },
  /** Negated sums of absolute differences of float32. */
  distances: {
    ...floats,
    accumulate: (sum, row, [query]) => f32x4.sub(sum, f32x4.abs(f32x4.sub(row, query!))),
  },
  /**
   * Sums of products of the bytes of rows with int16. A query has them in two planes: those for the first eight of each
   * sixteen bytes of a row, up to a multiple of sixteen, and then those for the last eight.
   */
  int8: int8(i16x8.extend_low_i8x16_s, i16x8.extend_high_i8x16_s),
  uint8: int8(i16x8.extend_low_i8x16_u, i16x8.extend_high_i8x16_u),
  /** Negated Hamming distances. */
  bits: {
    bytes: 1,
    planes: 1,
    hasTerms: false,
    accumulate: (sum, row, [query]) =>
      i32x4.add(sum, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(i8x16.popcnt(v128.xor(row, query!))))),
    add: i32x4.add,
    finish: (sums) => f32x4.neg(f32x4.convert_i32x4_s(sums)),
  },
} satisfies Record<string, Kind>;

export const rowsInGroup = 16;

const { get, set } = local;
const zero = v128.const(new Array(16).fill(0));
const pick = (a: Vector, b: Vector, lanes: Four<number>) => i8x16.shuffle(a, b, lanesOf32Bits(lanes));

/** The sum of the numbers of each of four vectors, as one vector. */
function horizontalSums(
  [a, b, c, d]: Four<Local<"v128">>,
  [left, right]: readonly [Local<"v128">, Local<"v128">],
  add: Kind["add"],
): Vector {
  const pairs = (x: Vector, y: Vector) => add(pick(x, y, [0, 4, 1, 5]), pick(x, y, [2, 6, 3, 7]));
  const [first, second] = [get(left), get(right)];
  return sequence(
    [set(left, pairs(get(a), get(b))), set(right, pairs(get(c), get(d)))],
    add(pick(first, second, [0, 1, 4, 5]), pick(first, second, [2, 3, 6, 7])),
  );
}

/** The largest of the numbers of a vector. The local is overwritten. */
function horizontalMax(four: Local<"v128">): Code<"f32"> {
  const two = set(four, f32x4.max(get(four), pick(get(four), get(four), [2, 3, 0, 1])));
  const one = f32x4.max(get(four), pick(get(four), get(four), [1, 0, 3, 2]));
  return f32x4.extract_lane(sequence([two], one), 0);
}

const four = ["v128", "v128", "v128", "v128"] as const;
const two = ["v128", "v128"] as const;

const scoreLocals = {
  ...({ sums0: four, sums1: four, planes: four, largest: two, spare: two } as const),
  ...({ row: "i32", query: "i32", rowEnd: "i32" } as const),
} as const;
const scoreParameters = {
  ...({ rows: "i32", queries: "i32", end: "i32", scores: "i32", maxima: "i32", terms: "i32" } as const),
} as const;
type ScoreLocals = LocalsOf<typeof scoreParameters> & LocalsOf<typeof scoreLocals>;

/** Sums of the four rows `index` x 4 to `index` x 4 + 3 of a group with two queries. */
function sumTile(kind: Kind, rowBytes: number, index: number, locals: ScoreLocals): Code<"nothing"> {
  const { rows, queries, row, rowEnd, query, sums0, sums1, planes, spare } = locals;
  const [current] = spare;
  const planesOf = (which: number) => planes.slice(which * kind.planes, (which + 1) * kind.planes);
  const loadQueries = [0, 1].flatMap((which) =>
    planesOf(which).map((local, plane) => set(local, v128.load(get(query), (which * kind.planes + plane) * rowBytes))),
  );
  const accumulate = [0, 1, 2, 3].flatMap((next) => [
    set(current, v128.load(get(row), next * rowBytes)),
    ...[sums0, sums1].map((sums, which) =>
      set(sums[next]!, kind.accumulate(get(sums[next]!), get(current), planesOf(which).map(get))),
    ),
  ]);
  return sequence([
    set(row, i32.add(get(rows), i32.const(4 * index * rowBytes))),
    set(rowEnd, i32.add(get(row), i32.const(rowBytes))),
    set(query, get(queries)),
    ...[...sums0, ...sums1].map((sum) => set(sum, zero)),
    forEach(
      [
        [row, 16],
        [query, 16],
      ],
      rowEnd,
      sequence([...loadQueries, ...accumulate]),
    ),
  ]);
}

/** Stores the scores of a tile that has been summed, and keeps the largest. */
function storeTile(kind: Kind, index: number, locals: ScoreLocals): Code<"nothing"> {
  const { scores, terms, sums0, sums1, planes, largest, spare } = locals;
  const [result] = planes;
  const factor = v128.load(get(terms), 16 * index);
  const summand = v128.load(get(terms), 4 * rowsInGroup + 16 * index);
  return sequence(
    [sums0, sums1].flatMap((sums, which) => {
      const four = kind.finish(horizontalSums(sums, spare, kind.add));
      const most = largest[which]!;
      return [
        set(result, kind.hasTerms ? f32x4.add(f32x4.mul(four, factor), summand) : four),
        v128.store(get(scores), get(result), which * 4 * rowsInGroup + 16 * index),
        set(most, index === 0 ? get(result) : f32x4.max(get(most), get(result))),
      ];
    }),
  );
}

/** Scores of the sixteen rows of a group with queries, two at a time, and the largest score of each query. */
export function scoreFunction(kind: Kind, rowBytes: number): WasmFunction {
  return wasmFunction({
    name: "score",
    parameters: scoreParameters,
    locals: scoreLocals,
    result: "nothing",
    body(locals) {
      const { queries, end, scores, maxima, largest } = locals;
      return forEach(
        [
          [queries, 2 * rowBytes * kind.planes],
          [scores, 2 * 4 * rowsInGroup],
          [maxima, 2 * 4],
        ],
        end,
        sequence([
          ...[0, 1, 2, 3].flatMap((tile) => [sumTile(kind, rowBytes, tile, locals), storeTile(kind, tile, locals)]),
          ...largest.map((local, which) => f32.store(get(maxima), horizontalMax(local), 4 * which)),
        ]),
      );
    },
  });
}

/** Squared lengths of rows of float32, four at a time. */
export function squaresFunction(rowBytes: number): WasmFunction {
  return wasmFunction({
    name: "squares",
    parameters: { rows: "i32", end: "i32", squares: "i32" },
    locals: { ...({ sums: four, current: "v128", spare: two, row: "i32", rowEnd: "i32" } as const) },
    result: "nothing",
    body({ rows, end, squares, sums, current, spare, row, rowEnd }) {
      const addSquares = sums.flatMap((sum, next) => [
        set(current, v128.load(get(row), next * rowBytes)),
        set(sum, f32x4.add(get(sum), f32x4.mul(get(current), get(current)))),
      ]);
      return forEach(
        [
          [rows, 4 * rowBytes],
          [squares, 16],
        ],
        end,
        sequence([
          set(row, get(rows)),
          set(rowEnd, i32.add(get(row), i32.const(rowBytes))),
          ...sums.map((sum) => set(sum, zero)),
          forEach([[row, 16]], rowEnd, sequence(addSquares)),
          v128.store(get(squares), horizontalSums(sums, spare, f32x4.add)),
        ]),
      );
    },
  });
}
