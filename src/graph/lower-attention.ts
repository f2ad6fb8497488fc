/**
 * Attention as ONNX operators: softmax(scale query key^T + bias) value, for each head. `Attention` of ONNX reads the
 * heads where the projections have them, so that nothing is transposed, lets query heads share a key, and takes padding
 * as a number of keys for each text. Its scores are [heads, sequence, sequence] for the batch.
 * Where something lies between a projection and attention (rotary positions, a norm of each head), the projections stay
 * three products: to merge them and cut the result apart costs more than it saves (a layer of 1024, 16 heads of 128 and
 * 8 key heads: 8 x 128 tokens take 151 ms, merged 161).
 */
import { lowerPositionMask } from "./lower-positions.ts";
import type { LoweringContext } from "./lowering-context.ts";
import type { AttentionAttributes } from "./node.ts";

export interface AttentionInputs extends AttentionAttributes {
  /** Query, key and value: [tokens, heads w], [tokens, keyHeads w] twice; or side by side, as one value */
  readonly projections: readonly string[];
  /** 1 for a token, 0 for padding, which follows the tokens: [batch, sequence] float32 */
  readonly mask: string;
  /** [1 or batch, heads, sequence, sequence] */
  readonly positionBias: string | undefined;
  readonly headWidth: number;
}

/** The name of the result, [tokens, heads w]. */
export function lowerAttention(context: LoweringContext, inputs: AttentionInputs): string {
  const { emit } = context;
  const { mask, heads, keyHeads, headWidth, scale } = inputs;
  const counts = [heads, keyHeads, keyHeads];
  const [query, key, value] = projectionsOfTexts(context, inputs.projections, counts, headWidth) as Projections;
  const bias = attentionBias(context, inputs) ?? "";
  const attended = emit.op("Attention", [query, key, value, bias, "", "", lengths(context, mask)], {
    q_num_heads: { int: heads },
    kv_num_heads: { int: keyHeads },
    scale: { float: scale },
  });
  return emit.op("Reshape", [attended, emit.int64s([-1, heads * headWidth])]);
}

type Projections = [query: string, key: string, value: string];

/** Query, key and value: [batch, sequence, heads w or keyHeads w] */
function projectionsOfTexts(
  { emit, sequence }: LoweringContext,
  projections: readonly string[],
  counts: readonly number[],
  headWidth: number,
): string[] {
  const ofTexts = (x: string, count: number) => {
    const shape = emit.once(`shape of texts ${count * headWidth}`, () =>
      emit.op("Concat", [emit.int64s([-1]), sequence(), emit.int64s([count * headWidth])], { axis: { int: 0 } }),
    );
    return emit.op("Reshape", [x, shape]);
  };
  if (projections.length > 1) return projections.map((x, index) => ofTexts(x, counts[index]!));
  const all = counts.reduce((sum, count) => sum + count);
  const sizes = emit.int64s(counts.map((count) => count * headWidth));
  return emit.operations("Split", [ofTexts(projections[0]!, all), sizes], 3, { axis: { int: 2 } });
}

/** Number of tokens of each text: [batch] int64 */
function lengths({ emit }: LoweringContext, mask: string): string {
  return emit.once(`lengths ${mask}`, () =>
    emit.op("Cast", [emit.op("ReduceSum", [mask, emit.int64s([1])], { keepdims: { int: 0 } })], { to: { int: 7 } }),
  );
}

/** The summand of the scores, but for padding; shared by layers. */
function attentionBias(
  context: LoweringContext,
  { positionBias, causal, window }: AttentionInputs,
): string | undefined {
  const { emit } = context;
  if (!causal && window === undefined) return positionBias;
  const mask = lowerPositionMask(context, { causal, window });
  if (positionBias === undefined) return mask;
  return emit.once(`attention bias ${positionBias} ${causal} ${window}`, () => emit.op("Add", [mask, positionBias]));
}
