/** Scores that depend on the distance of two positions, as DeBERTa's attention has them, as ONNX operators. */
import { distances } from "./lower-positions.ts";
import type { LoweringContext } from "./lowering-context.ts";
import type { Dimension, DistanceRows, RelativeScoresAttributes } from "./node.ts";

export interface RelativeScoresInputs extends RelativeScoresAttributes {
  /** [tokens, heads w] */
  readonly x: string;
  /** [rows, heads w] */
  readonly table: string;
  readonly headWidth: number;
}

/** The name of the result, [batch, heads, sequence, sequence]. */
export function lowerRelativeScores(context: LoweringContext, inputs: RelativeScoresInputs): string {
  const { emit, sequence } = context;
  const { x, table, heads, headWidth, scale, of, rows } = inputs;
  const sentences = emit.once(`shape of heads ${heads} ${headWidth}`, () =>
    emit.op("Concat", [emit.int64s([-1]), sequence(), emit.int64s([heads, headWidth])], { axis: { int: 0 } }),
  );
  const swapped = { perm: { ints: [0, 1, 3, 2] } };
  const content = emit.op("Transpose", [emit.op("Reshape", [x, sentences])], { perm: { ints: [0, 2, 1, 3] } });
  const positions = emit.op("Transpose", [emit.op("Reshape", [table, emit.int64s([-1, heads, headWidth])])], {
    perm: { ints: [1, 0, 2] },
  });
  // [batch, heads, sequence, rows]
  const products = emit.contributed("FusedMatMul", [content, positions], {
    transB: { int: 1 },
    alpha: { float: scale },
  });
  const scores = lowerAtDistances(context, products, { of, rows }, ["batch", heads, "sequence", "sequence"]);
  return of === "queries" ? scores : emit.op("Transpose", [scores], swapped);
}

/**
 * The row of each distance gathered: [a, b, sequence, rows] -> [a, b, sequence, sequence].
 *
 * @param shape of the result
 */
export function lowerAtDistances(
  context: LoweringContext,
  x: string,
  distanceRows: DistanceRows,
  shape: readonly Dimension[],
): string {
  const rows = rowsOfDistances(context, x, distanceRows, shape);
  return context.emit.op("GatherElements", [x, rows], { axis: { int: 3 } });
}

/**
 * The gradient of `lowerAtDistances`.
 *
 * @param shape of the result
 */
export function lowerSumAtDistances(
  context: LoweringContext,
  x: string,
  distanceRows: DistanceRows,
  shape: readonly Dimension[],
): string {
  const { emit } = context;
  const before = emit.op("Shape", [x], { end: { int: 3 } });
  const count = emit.int64s([shape.at(-1) as number]);
  const zeros = emit.op("ConstantOfShape", [emit.op("Concat", [before, count], { axis: { int: 0 } })]);
  const rows = rowsOfDistances(context, x, distanceRows, shape);
  return emit.op("ScatterElements", [zeros, rows, x], { axis: { int: 3 }, reduction: { string: "add" } });
}

/**
 * The row of each pair of positions, repeated over the leading axes: [..., sequence, sequence] int32.
 *
 * @param like gives the first three sizes, which `shape` names
 */
function rowsOfDistances(
  context: LoweringContext,
  like: string,
  { of, rows }: DistanceRows,
  shape: readonly Dimension[],
): string {
  const { emit, sequence } = context;
  return emit.once(`rows of distances ${of} ${shape.slice(0, 3)} ${rows}`, () => {
    const reach = (rows.length - 1) / 2;
    const [least, most] = [-reach, reach].map((bound) => emit.int32(bound)) as [string, string];
    // Query - key for a row of each query, or for one of each key.
    const distance = distances(context);
    const fromQuery = of === "queries" ? emit.op("Neg", [distance]) : distance;
    const clipped = emit.op("Add", [emit.op("Clip", [fromQuery, least, most]), most]);
    const row = emit.op("Gather", [emit.int32s(Int32Array.from(rows)), clipped]);
    const size = emit.op("Concat", [emit.op("Shape", [like], { end: { int: 3 } }), sequence()], { axis: { int: 0 } });
    return emit.op("Expand", [row, size]);
  });
}
