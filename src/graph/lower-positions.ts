/**
 * Operations on positions alone, as ONNX operators: computed once a run and shared by all layers, or for some queries
 * and keys where long texts are attended to in slices.
 */
import type { LoweringContext } from "./lowering-context.ts";
import { maskValue } from "./mask-value.ts";
import type { PositionMaskAttributes, RotaryAttributes } from "./node.ts";
import { relativePositionBuckets } from "./relative-position.ts";

const float32 = { to: { int: 1 } };
const int32 = { to: { int: 6 } };

/** The positions of queries and keys, int32 vectors. */
export interface Positions {
  readonly queries: string;
  readonly keys: string;
}

/** The bucket of each pair of positions, [queries, keys] int32. */
export function lowerRelativePositions(
  context: LoweringContext,
  { maxDistance, buckets }: { maxDistance: number; buckets: number },
  of = allPositions(context),
): string {
  const { emit } = context;
  const [least, most] = [-maxDistance, maxDistance].map((bound) => emit.int32(bound)) as [string, string];
  const distance = emit.op("Clip", [distances(context, of), least, most]);
  const index = emit.op("Add", [distance, most]);
  return emit.op("Gather", [emit.int32s(relativePositionBuckets(maxDistance, buckets)), index]);
}

/** [1, heads, queries, keys] */
export function lowerRelativePositionBias(
  context: LoweringContext,
  { table, ...buckets }: { table: string; maxDistance: number; buckets: number },
  of = allPositions(context),
): string {
  const { emit } = context;
  const bias = emit.op("Gather", [table, lowerRelativePositions(context, buckets, of)]);
  return emit.op("Unsqueeze", [emit.op("Transpose", [bias], { perm: { ints: [2, 0, 1] } }), emit.int64s([0])]);
}

/** [1, heads, queries, keys] */
export function lowerAlibi(context: LoweringContext, slopes: readonly number[], of = allPositions(context)): string {
  const { emit } = context;
  const length = emit.op("Cast", [emit.op("Abs", [distances(context, of)])], float32);
  const byHead = emit.op("Unsqueeze", [emit.floats(slopes.map((slope) => -slope)), emit.int64s([0, 2, 3])]);
  return emit.op("Mul", [length, byHead]);
}

/** [queries, keys] */
export function lowerPositionMask(
  context: LoweringContext,
  { causal, window }: PositionMaskAttributes,
  of = allPositions(context),
): string {
  const { emit } = context;
  return emit.once(`position mask ${causal} ${window} ${of.queries} ${of.keys}`, () => {
    const distance = distances(context, of);
    const limits: string[] = [];
    if (causal) limits.push(emit.op("Greater", [distance, emit.int32(0)]));
    if (window !== undefined) limits.push(emit.op("Greater", [emit.op("Abs", [distance]), emit.int32(window)]));
    const isHidden = limits.reduce((one, other) => emit.op("Or", [one, other]));
    return emit.op("Mul", [emit.op("Cast", [isHidden], float32), emit.float(-maskValue)]);
  });
}

export interface RotaryInputs extends RotaryAttributes {
  /** [tokens, width] */
  readonly x: string;
  readonly width: number;
}

/** The name of the result, [tokens, width]. */
export function lowerRotary(context: LoweringContext, inputs: RotaryInputs): string {
  const { emit, sequence } = context;
  const { x, width, heads, frequencies, scale, reversed } = inputs;
  const [cosine, sine] = emit.once(`rotary ${scale} ${frequencies}`, () => {
    const angles = emit.op("Mul", [
      emit.op("Unsqueeze", [emit.op("Cast", [positions(context)], float32), emit.int64s([1])]),
      emit.floats(frequencies),
    ]);
    return ["Cos", "Sin"].map((kind) => {
      const values = emit.op(kind, [angles]);
      return scale === 1 ? values : emit.op("Mul", [values, emit.float(scale)]);
    });
  }) as [string, string];
  const signedSine = reversed ? emit.once(`reversed ${sine}`, () => emit.op("Neg", [sine])) : sine;
  const shape = emit.once(`shape of sentences ${width}`, () =>
    emit.op("Concat", [emit.int64s([-1]), sequence(), emit.int64s([width])], { axis: { int: 0 } }),
  );
  const sentences = emit.op("Reshape", [x, shape]);
  // One position, that of the first token.
  const rotated = emit.contributed("RotaryEmbedding", [sentences, emit.int64s([0]), cosine, signedSine], {
    num_heads: { int: heads },
    rotary_embedding_dim: { int: 2 * frequencies.length },
  });
  return emit.op("Reshape", [rotated, emit.int64s([-1, width])]);
}

/** [sequence] int32 */
export function positions({ emit, sequence }: LoweringContext): string {
  return emit.once("positions", () => {
    const end = emit.op("Cast", [emit.op("Squeeze", [sequence()])], int32);
    return emit.op("Range", [emit.int32(0), end, emit.int32(1)]);
  });
}

function allPositions(context: LoweringContext): Positions {
  const all = positions(context);
  return { queries: all, keys: all };
}

/** Key - query, [queries, keys] int32. */
export function distances(context: LoweringContext, { queries, keys } = allPositions(context)): string {
  const { emit } = context;
  return emit.once(`distances ${queries} ${keys}`, () =>
    emit.op("Sub", [keys, emit.op("Unsqueeze", [queries, emit.int64s([1])])]),
  );
}
