/**
 * Attention of long texts, whose scores, [heads, sequence, sequence], would be many times as large as all else:
 * - ONNX Runtime's `MultiHeadAttention` computes them in blocks that stay in the processor's cache (Dao, "FlashAttention",
 *   arXiv 2205.14135), if all keys are visible to all queries. Where the size of the cache isn't known, as in browsers,
 *   it writes them all.
 * - All else is computed for a slice of the queries after the other, with those keys that one of them may see. A window
 *   then takes time and memory in proportion to the length, not to its square.
 */
import type { AttentionLimits } from "./attention-limits.ts";
import { type AttentionValues, emitAttention } from "./emit-attention.ts";
import { lowerPositionMask, type Positions, positions } from "./lower-positions.ts";
import type { LoweringContext } from "./lowering-context.ts";
import type { PositionMaskAttributes } from "./node.ts";

export interface LongAttentionOptions extends PositionMaskAttributes {
  readonly limits: AttentionLimits;
  /** Emits the position bias of some queries and keys: [1, heads, queries, keys]. */
  readonly biasOf: ((of: Positions) => string) | undefined;
}

/** The name of the result, [tokens, heads w]. */
export function lowerLongAttention(
  context: LoweringContext,
  values: AttentionValues,
  options: LongAttentionOptions,
): string {
  const { emit, sequence } = context;
  const { causal, window, biasOf } = options;
  if (causal || window !== undefined || biasOf !== undefined) return slices(context, values, options);
  const shortest = emit.op("ReduceMin", [values.lengths, emit.int64s([0])]);
  return emit.conditional(
    emit.op("Squeeze", [emit.op("Equal", [shortest, sequence()])]),
    () => flash(context, values),
    () => slices(context, values, options),
  );
}

/** Attention without padding. */
function flash({ emit }: LoweringContext, values: AttentionValues): string {
  const { query, key, value, heads, keyHeads, headWidth, scale } = values;
  const repeated = (x: string) => {
    if (heads === keyHeads) return x;
    const byHead = emit.op("Reshape", [x, emit.int64s([0, 0, keyHeads, 1, headWidth])]);
    const all = emit.op("Expand", [byHead, emit.int64s([1, 1, 1, heads / keyHeads, 1])]);
    return emit.op("Reshape", [all, emit.int64s([0, 0, heads * headWidth])]);
  };
  const attended = emit.contributed("MultiHeadAttention", [query, repeated(key), repeated(value)], {
    num_heads: { int: heads },
    scale: { float: scale },
  });
  return emit.op("Reshape", [attended, emit.int64s([-1, heads * headWidth])]);
}

function slices(context: LoweringContext, values: AttentionValues, options: LongAttentionOptions): string {
  const { emit, sequence } = context;
  const { slice } = options.limits;
  const width = values.heads * values.headWidth;
  const concat = (...sizes: string[]) => emit.op("Concat", sizes, { axis: { int: 0 } });
  // The last slice is filled up; its further rows are left out at the end.
  const missing = emit.op("Mod", [emit.op("Neg", [sequence()]), emit.int64s([slice])]);
  const padding = concat(emit.int64s([0]), missing);
  const query = emit.op("Reshape", [
    emit.op("Pad", [values.query, padding, "", emit.int64s([1])]),
    emit.int64s([0, -1, slice, width]),
  ]);
  const all = positions(context);
  const queries = emit.op("Reshape", [emit.op("Pad", [all, padding]), emit.int64s([-1, slice])]);
  const attended = emit.eachSlice(
    [
      { name: query, dtype: "float32", shape: ["batch", "slices", slice, width], axis: 1 },
      { name: queries, dtype: "int32", shape: ["slices", slice], axis: 0 },
    ],
    ([part, at]) => attendSlice(context, { ...values, query: part! }, at!, options),
  );
  const rows = emit.op("Reshape", [attended, emit.int64s([0, -1, width])]);
  const known = emit.op("Slice", [rows, emit.int64s([0]), sequence(), emit.int64s([1])]);
  return emit.op("Reshape", [known, emit.int64s([-1, width])]);
}

/** Attention of a slice of queries, whose positions are given. */
function attendSlice(
  context: LoweringContext,
  { key, value, lengths, ...values }: AttentionValues,
  queries: string,
  { causal, window, biasOf, limits: { slice } }: LongAttentionOptions,
): string {
  const { emit } = context;
  const first = emit.op("Cast", [emit.op("Slice", [queries, emit.int64s([0]), emit.int64s([1])])], { to: { int: 7 } });
  const plus = (distance: number) => emit.op("Add", [first, emit.int64s([distance])]);
  const from = window === undefined ? undefined : emit.op("Max", [plus(-window), emit.int64s([0])]);
  const reach = causal ? 0 : window;
  const to = reach === undefined ? undefined : plus(slice + reach);
  const visible = (x: string, axis: number) => {
    if (from === undefined && to === undefined) return x;
    const end = to ?? emit.int64s([Number.MAX_SAFE_INTEGER]);
    return emit.op("Slice", [x, from ?? emit.int64s([0]), end, emit.int64s([axis])]);
  };
  const of = { queries, keys: visible(positions(context), 0) };
  const isMasked = causal || window !== undefined;
  const biases = [
    ...(isMasked ? [lowerPositionMask(context, { causal, window }, of)] : []),
    ...(biasOf === undefined ? [] : [biasOf(of)]),
  ];
  const bias = biases.length > 1 ? emit.op("Add", biases) : biases[0];
  // Keys among the visible ones; queries of padding may have none.
  const after = from === undefined ? lengths : emit.op("Sub", [lengths, from]);
  const counts = emit.op("Max", [emit.op("Min", [after, emit.op("Shape", [of.keys])]), emit.int64s([1])]);
  const keys = { key: visible(key, 1), value: visible(value, 1), lengths: counts };
  return emitAttention(emit, { ...values, ...keys }, bias, slice);
}
