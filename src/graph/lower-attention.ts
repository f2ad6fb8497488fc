/**
 * Attention as ONNX operators: softmax(scale query key^T + bias) value, for each head. `Attention` of ONNX reads the
 * heads where the projections have them, so that nothing is transposed, lets query heads share a key, and takes padding
 * as a number of keys for each text. It writes its scores, [batch, heads, sequence, sequence], so beyond a length
 * attention takes the forms of `lower-long-attention.ts`.
 * Where something lies between a projection and attention (rotary positions, a norm of each head), the projections stay
 * three products: to merge them and cut the result apart costs more than it saves (a layer of 1024, 16 heads of 128 and
 * 8 key heads: 8 x 128 tokens take 151 ms, merged 161).
 */
import { type AttentionLimits, isShort, whenShort } from "./attention-limits.ts";
import { type AttentionValues, emitAttention } from "./emit-attention.ts";
import { lowerLongAttention } from "./lower-long-attention.ts";
import { lowerPositionMask, type Positions } from "./lower-positions.ts";
import type { LoweringContext } from "./lowering-context.ts";
import type { AttentionAttributes } from "./node.ts";

export interface AttentionInputs extends AttentionAttributes {
  /** Query, key and value: [tokens, heads w], [tokens, keyHeads w] twice; or side by side, as one value */
  readonly projections: readonly string[];
  /** 1 for a token, 0 for padding, which follows the tokens: [batch, sequence] float32 */
  readonly mask: string;
  readonly positionBias: PositionBias | undefined;
  readonly headWidth: number;
  readonly limits: AttentionLimits;
}

export interface PositionBias {
  /** [1 or batch, heads, sequence, sequence]; where there is a part, only as far as `limits.whole` */
  readonly whole: string;
  /** Emits what some queries and keys need of it: [1, heads, queries, keys]. */
  readonly part: ((of: Positions) => string) | undefined;
}

/** The name of the result, [tokens, heads w]. */
export function lowerAttention(context: LoweringContext, inputs: AttentionInputs): string {
  const { emit } = context;
  const { positionBias, causal, window, limits } = inputs;
  const values = valuesOf(context, inputs);
  const sees = { causal, window };
  const isMasked = causal || window !== undefined;
  // What is shared by layers is emitted before the branches, which see only their own values and those before.
  const shared = (make: (emitMask: () => string) => string) =>
    isMasked ? make(() => lowerPositionMask(context, sees)) : undefined;
  if (positionBias !== undefined && positionBias.part === undefined) {
    const mask = shared((emitMask) => emitMask());
    return emitAttention(emit, values, sum(context, mask, positionBias.whole));
  }
  const limit = isMasked && positionBias === undefined ? limits.wholeOfSome : limits.whole;
  const mask = shared((emitMask) =>
    emit.once(`mask of short texts ${causal} ${window} ${limit}`, () => whenShort(context, limit, emitMask)),
  );
  return emit.conditional(
    isShort(context, limit),
    () => emitAttention(emit, values, sum(context, mask, positionBias?.whole)),
    () => lowerLongAttention(context, values, { ...inputs, biasOf: positionBias?.part }),
  );
}

function sum({ emit }: LoweringContext, a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return emit.once(`sum of ${a} and ${b}`, () => emit.op("Add", [a, b]));
}

function valuesOf(context: LoweringContext, inputs: AttentionInputs): AttentionValues {
  const { emit, sequence } = context;
  const { projections, mask, heads, keyHeads, headWidth, scale } = inputs;
  const ofTexts = (x: string, width: number) => {
    const shape = emit.once(`shape of texts ${width}`, () =>
      emit.op("Concat", [emit.int64s([-1]), sequence(), emit.int64s([width])], { axis: { int: 0 } }),
    );
    return emit.op("Reshape", [x, shape]);
  };
  const widths = [heads, keyHeads, keyHeads].map((count) => count * headWidth);
  const split = () => {
    const side = ofTexts(projections[0]!, (heads + 2 * keyHeads) * headWidth);
    return emit.operations("Split", [side, emit.int64s(widths)], 3, { axis: { int: 2 } });
  };
  const parts = projections.length > 1 ? projections.map((x, index) => ofTexts(x, widths[index]!)) : split();
  const [query, key, value] = parts as [string, string, string];
  return { query, key, value, lengths: lengths(context, mask), heads, keyHeads, headWidth, scale };
}

/** Number of tokens of each text: [batch] int64 */
function lengths({ emit }: LoweringContext, mask: string): string {
  return emit.once(`lengths ${mask}`, () =>
    emit.op("Cast", [emit.op("ReduceSum", [mask, emit.int64s([1])], { keepdims: { int: 0 } })], { to: { int: 7 } }),
  );
}
